//! Root mean square: a frame's power spectrum goes in, one number of full scale comes out, by Parseval's theorem.

use super::frames::{BINS, FFT_LEN};

/// From the power of a windowed frame's bins; the window is not made up for.
pub(super) fn of_frame(power: &[f64]) -> f64 {
    let ends = power[0] + power[BINS - 1];
    let between: f64 = power[1..BINS - 1].iter().sum();
    (2.0 * (0.5 * ends + between)).sqrt() / FFT_LEN as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fma518::spectrum::{Spectrum, hann};

    #[test]
    fn it_is_that_of_the_windowed_samples() {
        let samples: Vec<f64> = (0..FFT_LEN).map(|i| ((i * i) % 97) as f64 / 97.0).collect();
        let expected = (0..FFT_LEN)
            .map(|i| (samples[i] * hann(i, FFT_LEN)).powi(2))
            .sum::<f64>();
        let expected = (expected / FFT_LEN as f64).sqrt();
        let mut all = Vec::new();
        Spectrum::new().for_each_frame(&samples, |magnitude| {
            let power: Vec<f64> = magnitude.iter().map(|m| m * m).collect();
            all.push(of_frame(&power));
        });
        // The frame in the middle is the whole signal.
        assert!((all[2] - expected).abs() < 1e-12);
    }
}
