//! The 518 features of the FMA paper: 74 series over a clip, seven statistics of each, as librosa 0.11 computes them.
//!
//! A study path of the workstation: no board computes these, and `tools/export` refuses runs trained on them.
//! Everything is `f64`; [`Fma518::compute`] only composes. Two passes over the short-time spectrum bound the memory by
//! the length of the clip: chroma needs the clip's tuning, which is known after the first.
//!
//! # Source
//! M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson, FMA: A Dataset For Music Analysis, ISMIR 2017, and the calls
//! of its `features.py`; what each call computes is librosa 0.11's, with 22 050 Hz mono input. docs/fma518.md says how
//! closely each feature agrees and what is peculiar.

mod cepstrum;
mod chroma;
mod columns;
mod constant_q;
mod decibel;
mod decimate;
mod frames;
mod rms;
mod shape;
mod spectrum;
mod statistics;
mod tuning;
mod zero_crossings;

pub use columns::{Column, FEATURES, Feature, VALUES, columns};
pub use frames::SAMPLE_RATE_HZ;
pub use statistics::STATISTICS;

use crate::units::PCM_FULL_SCALE;
use cepstrum::Cepstrum;
use chroma::ChromaBank;
use constant_q::ConstantQ;
use frames::{BINS, Rows};
use shape::{Contrast, Shape};
use spectrum::Spectrum;
use tuning::Peaks;

/// Computes the features; keeps what does not depend on the clip.
pub struct Fma518 {
    spectrum: Spectrum,
    constant_q: ConstantQ,
    cepstrum: Cepstrum,
    contrast: Contrast,
}

impl Fma518 {
    /// Makes the tables.
    pub fn new() -> Self {
        Self {
            spectrum: Spectrum::new(),
            constant_q: ConstantQ::new(),
            cepstrum: Cepstrum::new(),
            contrast: Contrast::new(),
        }
    }

    /// The features of a whole clip, finite for any PCM.
    ///
    /// # Shape
    /// `pcm` is mono at [`SAMPLE_RATE_HZ`]; the result has [`VALUES`] values in the order of [`columns`]. No PCM at all
    /// counts as one sample of silence.
    ///
    /// # Accuracy
    /// `tests/fma518` asserts a tolerance against librosa for each feature.
    pub fn compute(&mut self, pcm: &[i16]) -> Vec<f32> {
        let scaled = |&sample: &i16| f64::from(sample) / f64::from(PCM_FULL_SCALE);
        let mut samples: Vec<f64> = pcm.iter().map(scaled).collect();
        if samples.is_empty() {
            samples.push(0.0);
        }

        let mut rms = Vec::new();
        let mut shape = Shape::default();
        let mut magnitude_peaks = Peaks::default();
        let mut power_peaks = Peaks::default();
        self.cepstrum.begin();
        self.contrast.begin();
        let mut power = vec![0.0; BINS];
        self.spectrum.for_each_frame(&samples, |magnitude| {
            for (power, magnitude) in power.iter_mut().zip(magnitude) {
                *power = magnitude * magnitude;
            }
            rms.push(rms::of_frame(&power));
            shape.push(magnitude);
            self.contrast.push(magnitude);
            self.cepstrum.push(&power);
            magnitude_peaks.push(magnitude);
            power_peaks.push(&power);
        });

        let bank = ChromaBank::new(power_peaks.tuning());
        let mut chroma_stft: Rows = vec![Vec::new(); chroma::CLASSES];
        self.spectrum.for_each_frame(&samples, |magnitude| {
            bank.push(magnitude, &mut chroma_stft);
        });

        let constant_q = self
            .constant_q
            .magnitudes(&samples, magnitude_peaks.tuning());
        let folded = chroma::fold(&constant_q);
        let cens = chroma::cens(&folded);

        let tonnetz = chroma::tonnetz(&cens);
        // In the order of FEATURES.
        let series: [Rows; FEATURES.len()] = [
            cens,
            chroma::normalised_by_maximum(&folded),
            chroma_stft,
            self.cepstrum.rows(),
            vec![rms],
            vec![shape.bandwidth_hz],
            vec![shape.centroid_hz],
            self.contrast.rows(),
            vec![shape.rolloff_hz],
            tonnetz,
            vec![zero_crossings::rates(&samples)],
        ];
        let mut values = Vec::with_capacity(VALUES);
        for rows in series {
            let of_rows: Vec<[f64; STATISTICS.len()]> =
                rows.iter().map(|row| statistics::seven(row)).collect();
            for statistic in 0..STATISTICS.len() {
                values.extend(of_rows.iter().map(|seven| seven[statistic] as f32));
            }
        }
        values
    }
}

impl Default for Fma518 {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_clip_has_518_finite_values() {
        let mut features = Fma518::new();
        let loud = [i16::MAX, i16::MIN].repeat(3000);
        for pcm in [
            &[][..],
            &[0],
            &[-1],
            &[0; 5000],
            &[100; 2000],
            &loud,
            &loud[..513],
        ] {
            let values = features.compute(pcm);
            assert_eq!(values.len(), VALUES);
            assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
            // Nothing of one clip is left for the next.
            assert_eq!(values, Fma518::new().compute(pcm));
        }
    }
}
