//! A window's values as a model takes them: `[frames, bands]` of `i16` goes in, the same of `f32` comes out, scaled and
//! normalised.

use crate::Clip;
use needledrop_bundle::Window;

/// Least divisor of the normalisation: quieter structure than this is noise.
pub const LEAST_DEVIATION_DB: f32 = 1.0;
/// Least level of a window that is brought to a reference, in dB of mean power: what is quieter is noise of the
/// microphone, and stays below the reference.
pub const LEAST_LEVEL_DB: f32 = -70.0;
/// Nepers of power in one dB.
pub const NEPER_PER_DB: f64 = std::f64::consts::LN_10 / 10.0;
/// What a causal model counts in, since it can't know the window's deviation: about the deviation of music.
pub const TRAILING_UNIT_DB: f32 = 16.0;

/// Copies a window that starts at `first_row`, repeating a clip that ends too soon; `steps_per_unit` is a power of two.
pub fn copy_scaled(
    x: &[i16],
    window: Window,
    first_row: usize,
    steps_per_unit: f32,
    out: &mut [f32],
) {
    let rows = x.len() / window.bands;
    for (index, out) in out.chunks_exact_mut(window.bands).enumerate() {
        let row = (first_row + index) % rows;
        for (out, value) in out.iter_mut().zip(&x[row * window.bands..][..window.bands]) {
            *out = f32::from(*value) / steps_per_unit;
        }
    }
}

/// Reads the window of a clip that starts at `first_row` as [`copy_scaled`] does: from memory or from disk.
///
/// # Errors
/// Those of [`Clip::read_rows`].
pub fn read_scaled(
    clip: &Clip,
    window: Window,
    first_row: usize,
    steps_per_unit: f32,
    out: &mut [f32],
) -> Result<(), crate::Error> {
    let end = first_row + window.frames;
    if end <= clip.rows {
        let rows = clip.read_rows(first_row..end)?;
        copy_scaled(&rows, window, 0, steps_per_unit, out);
    } else {
        copy_scaled(&clip.read()?, window, first_row, steps_per_unit, out);
    }
    Ok(())
}

/// Removes one mean and one deviation of the whole window; the divisor is at least [`LEAST_DEVIATION_DB`].
///
/// The exported graph does the same with ReduceMean and Sub, both twice (in f32 one mean is not exact enough), Mul,
/// ReduceMean, Sqrt, Max and Div.
pub fn normalise(values: &mut [f32]) {
    let n = values.len() as f64;
    let mean = (values.iter().map(|&v| f64::from(v)).sum::<f64>() / n) as f32;
    for value in values.iter_mut() {
        *value -= mean;
    }
    let variance = values
        .iter()
        .map(|&v| f64::from(v) * f64::from(v))
        .sum::<f64>()
        / n;
    let scale = (variance.sqrt() as f32).max(LEAST_DEVIATION_DB).recip();
    for value in values.iter_mut() {
        *value *= scale;
    }
}

/// Subtracts from each frame the mean over all bands of it and the frames before it, `trailing` in all and fewer at the
/// start of the window; then divides by [`TRAILING_UNIT_DB`]. What a frame becomes depends on no later one.
pub fn subtract_trailing(values: &mut [f32], bands: usize, trailing: usize) {
    let frames: Vec<f64> = values
        .chunks_exact(bands)
        .map(|row| row.iter().map(|&v| f64::from(v)).sum::<f64>() / bands as f64)
        .collect();
    for (index, row) in values.chunks_exact_mut(bands).enumerate() {
        let past = &frames[(index + 1).saturating_sub(trailing)..=index];
        let mean = (past.iter().sum::<f64>() / past.len() as f64) as f32;
        for value in row {
            *value = (*value - mean) / TRAILING_UNIT_DB;
        }
    }
}

/// Shifts a window in dB so that its mean power is `reference_db`: no gain in front of the microphone changes it. A
/// window below [`LEAST_LEVEL_DB`] is shifted as one of that level.
///
/// The exported graph does the same with Mul, Exp, a mean, Log, Div, Max, Sub and Add.
pub fn to_level(values: &mut [f32], reference_db: f32) {
    let power = |&v: &f32| (f64::from(v) * NEPER_PER_DB).exp();
    let mean = values.iter().map(power).sum::<f64>() / values.len() as f64;
    let level = (mean.ln() / NEPER_PER_DB).max(f64::from(LEAST_LEVEL_DB));
    let shift = (f64::from(reference_db) - level) as f32;
    for value in values {
        *value += shift;
    }
}

#[cfg(test)]
mod tests {
    use super::{normalise, subtract_trailing, to_level};

    #[test]
    fn gain_vanishes_and_the_mean_power_is_the_reference() {
        let window: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32 - 70.0).collect();
        let mut loud = window.clone();
        let mut soft: Vec<f32> = window.iter().map(|v| v - 30.0).collect();
        to_level(&mut loud, -4.0);
        to_level(&mut soft, -4.0);
        assert!(loud.iter().zip(&soft).all(|(a, b)| (a - b).abs() < 1e-4));
        let mean = loud.iter().map(|v| 10_f32.powf(v / 10.0)).sum::<f32>() / 64.0;
        assert!((10.0 * mean.log10() + 4.0).abs() < 1e-3, "{mean}");
        assert!((loud[1] - loud[0] - 37.0).abs() < 1e-4, "differences stay");
        let mut silence = [-100.0; 64];
        to_level(&mut silence, -4.0);
        assert_eq!(silence, [-34.0; 64], "noise is not pumped up");
    }

    #[test]
    fn gain_and_offset_vanish_and_silence_stays_small() {
        let mut a: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32).collect();
        let mut b: Vec<f32> = a.iter().map(|v| v - 30.0).collect();
        normalise(&mut a);
        normalise(&mut b);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
        let mut quiet: Vec<f32> = (0..64).map(|i| -100.0 + (i % 2) as f32 * 0.5).collect();
        normalise(&mut quiet);
        assert!(
            quiet.iter().all(|v| (v.abs() - 0.25).abs() < 1e-5),
            "a quarter dB stays a quarter"
        );
    }

    #[test]
    fn a_frame_is_normalised_by_its_past_alone() {
        let mut values = vec![16.0, 48.0, 64.0, 64.0, 0.0, 0.0];
        subtract_trailing(&mut values, 2, 2);
        // Means of the frames: 32, 64, 0; trailing over two: 32, 48, 32.
        assert_eq!(values, [-1.0, 1.0, 1.0, 1.0, -2.0, -2.0]);
    }
}
