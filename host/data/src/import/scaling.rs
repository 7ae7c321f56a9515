//! From stored values to Q8.8 dB: a matrix `[bands, frames]` of any type goes in, one `[frames, bands]` of `i16` comes
//! out.

use crate::units::Q8_8_PER_DB;
use anyhow::ensure;
use half::f16;
use needledrop_bundle::Matrix;
use needledrop_bundle::npy::Dtype;
use serde::Serialize;

/// Steps of what is stored in a decibel.
const STEPS_PER_DB: f64 = Q8_8_PER_DB as f64;

/// `(value * scale + offset)` is in dB; what is stored is that times 256, rounded (ties to even) and saturated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// Decibels a step of the value.
    pub scale: f64,
    /// Decibels of value 0.
    pub offset: f64,
    #[serde(skip)]
    dtype: Dtype,
}

/// A value that is no number of decibels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NotFinite {
    pub(super) band: usize,
    pub(super) frame: usize,
    pub(super) value: f64,
}

impl Scaling {
    /// That of a type, where nothing else is asked for: the brightness of a picture spans 127.5 dB from -64 dB, floats
    /// are decibels, and 16-bit integers are Q8.8 already.
    ///
    /// # Errors
    /// A type that nobody stores features in; numbers that are not finite, or a scale of 0.
    pub fn new(dtype: Dtype, scale: Option<f64>, offset: Option<f64>) -> anyhow::Result<Self> {
        let default = match dtype {
            Dtype::U8 => (0.5, -64.0),
            Dtype::F16 | Dtype::F32 | Dtype::F64 => (1.0, 0.0),
            Dtype::I16 => (STEPS_PER_DB.recip(), 0.0),
            _ => anyhow::bail!(
                "the matrices hold '{dtype}', expected '|u1', '<i2', '<f2', '<f4' or '<f8'"
            ),
        };
        let (scale, offset) = (scale.unwrap_or(default.0), offset.unwrap_or(default.1));
        ensure!(
            scale.is_finite() && scale != 0.0,
            "--scale {scale}: expected a finite number other than 0"
        );
        ensure!(
            offset.is_finite(),
            "--offset {offset}: expected a finite number"
        );
        Ok(Self {
            scale,
            offset,
            dtype,
        })
    }

    /// A matrix `[bands, frames]` as it is stored, to `[frames, bands]` in Q8.8 dB; gives how many values were out of
    /// range. In a picture the first row is the highest band.
    pub(super) fn convert(
        &self,
        bytes: &[u8],
        size: Matrix,
        picture: bool,
        out: &mut [i16],
    ) -> Result<u64, NotFinite> {
        match self.dtype {
            Dtype::U8 => self.of(
                bytes,
                |[value]: [u8; 1]| f64::from(value),
                size,
                picture,
                out,
            ),
            Dtype::I16 => self.of(
                bytes,
                |value| f64::from(i16::from_le_bytes(value)),
                size,
                picture,
                out,
            ),
            Dtype::F16 => self.of(
                bytes,
                |value| f16::from_le_bytes(value).to_f64(),
                size,
                picture,
                out,
            ),
            Dtype::F32 => self.of(
                bytes,
                |value| f64::from(f32::from_le_bytes(value)),
                size,
                picture,
                out,
            ),
            _ => self.of(bytes, f64::from_le_bytes, size, picture, out),
        }
    }

    fn of<const N: usize>(
        &self,
        bytes: &[u8],
        load: impl Fn([u8; N]) -> f64,
        size: Matrix,
        picture: bool,
        out: &mut [i16],
    ) -> Result<u64, NotFinite> {
        let (values, _) = bytes.as_chunks::<N>();
        let mut saturated = 0;
        for (row, values) in values.chunks_exact(size.frames).enumerate() {
            let band = if picture { size.bands - 1 - row } else { row };
            for (frame, &value) in values.iter().enumerate() {
                let value = load(value);
                if !value.is_finite() {
                    return Err(NotFinite { band, frame, value });
                }
                let steps = ((value * self.scale + self.offset) * STEPS_PER_DB).round_ties_even();
                saturated += u64::from(steps < f64::from(i16::MIN) || steps > f64::from(i16::MAX));
                // The cast saturates.
                out[frame * size.bands + band] = steps as i16;
            }
        }
        Ok(saturated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Matrix = Matrix {
        bands: 2,
        frames: 3,
    };

    fn convert(
        scaling: Scaling,
        bytes: &[u8],
        picture: bool,
    ) -> Result<(Vec<i16>, u64), NotFinite> {
        let mut out = vec![0; 6];
        let saturated = scaling.convert(bytes, SIZE, picture, &mut out)?;
        Ok((out, saturated))
    }

    fn default(dtype: Dtype) -> Scaling {
        Scaling::new(dtype, None, None).unwrap()
    }

    #[test]
    fn a_picture_is_turned_over_and_a_matrix_is_transposed() {
        let bytes = [0, 1, 2, 128, 200, 255];
        let db = |value: u8| ((f64::from(value) * 0.5 - 64.0) * 256.0) as i16;
        let plain = [0, 128, 1, 200, 2, 255].map(db).to_vec();
        assert_eq!(convert(default(Dtype::U8), &bytes, false), Ok((plain, 0)));
        let turned = [128, 0, 200, 1, 255, 2].map(db).to_vec();
        assert_eq!(convert(default(Dtype::U8), &bytes, true), Ok((turned, 0)));
        assert_eq!((db(0), db(255)), (-16_384, 16_256));
    }

    #[test]
    fn every_type_gives_the_same_decibels() {
        let db = [-1.5, 0.0, 0.25, 3.0, -100.0, 127.5];
        let expected = [-384, 768, 0, -25_600, 64, 32_640];
        let bytes_of = |dtype| -> Vec<u8> {
            db.iter()
                .flat_map(|&db: &f64| match dtype {
                    Dtype::F16 => f16::from_f64(db).to_le_bytes().to_vec(),
                    Dtype::F32 => (db as f32).to_le_bytes().to_vec(),
                    Dtype::I16 => ((db * 256.0) as i16).to_le_bytes().to_vec(),
                    _ => db.to_le_bytes().to_vec(),
                })
                .collect()
        };
        for dtype in [Dtype::F16, Dtype::F32, Dtype::F64, Dtype::I16] {
            let found = convert(default(dtype), &bytes_of(dtype), false);
            assert_eq!(found, Ok((expected.to_vec(), 0)), "{dtype}");
        }
    }

    #[test]
    fn halves_go_to_the_even_step_and_what_is_out_of_range_is_counted() {
        let scaling = Scaling::new(Dtype::F64, Some(1.0 / 256.0), Some(0.0)).unwrap();
        let bytes: Vec<u8> = [0.5_f64, 1.5, -2.5, 32_767.4, 32_767.6, -1e300]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let (out, saturated) = convert(scaling, &bytes, false).unwrap();
        assert_eq!(out, [0, 32_767, 2, 32_767, -2, -32_768]);
        assert_eq!(saturated, 2);
    }

    #[test]
    fn what_is_no_number_is_found_where_it_is() {
        for (value, shown) in [
            (f32::NAN, "NaN"),
            (f32::INFINITY, "inf"),
            (f32::NEG_INFINITY, "-inf"),
        ] {
            let mut values = [0.0_f32; 6];
            values[1] = value;
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            for (picture, band) in [(false, 0), (true, 1)] {
                let found = convert(default(Dtype::F32), &bytes, picture).unwrap_err();
                assert_eq!((found.band, found.frame), (band, 1));
                assert_eq!(found.value.to_string(), shown);
            }
        }
    }

    #[test]
    fn scales_that_are_none_are_refused() {
        let refused = |dtype, scale, offset| {
            Scaling::new(dtype, scale, offset)
                .expect_err("refused")
                .to_string()
        };
        assert!(refused(Dtype::U8, Some(0.0), None).contains("--scale 0"));
        assert!(refused(Dtype::U8, Some(f64::NAN), None).contains("--scale NaN"));
        assert!(refused(Dtype::U8, None, Some(f64::INFINITY)).contains("--offset inf"));
        assert!(refused(Dtype::I64, None, None).contains("hold '<i8'"));
    }
}
