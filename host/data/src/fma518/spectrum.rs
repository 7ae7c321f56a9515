//! Short-time spectrum: samples go in, the magnitudes of 1025 bins a frame come out. Periodic Hann window, frames
//! centred on every hop, zeros beyond both ends.

use super::frames::{BINS, FFT_LEN, HOP_SAMPLES, frames};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Real FFT of frames that may reach beyond the signal.
pub(super) struct FrameFft {
    plan: Arc<dyn RealToComplex<f64>>,
    frame: Vec<f64>,
    scratch: Vec<Complex<f64>>,
    bins: Vec<Complex<f64>>,
}

impl FrameFft {
    pub(super) fn new(len: usize) -> Self {
        let plan = RealFftPlanner::new().plan_fft_forward(len);
        Self {
            frame: plan.make_input_vec(),
            scratch: plan.make_scratch_vec(),
            bins: plan.make_output_vec(),
            plan,
        }
    }

    /// Spectrum of the frame whose middle is at sample `centre`, times `window` where there is one.
    pub(super) fn centred(
        &mut self,
        samples: &[f64],
        centre: usize,
        window: Option<&[f64]>,
    ) -> &[Complex<f64>] {
        let len = self.frame.len();
        let before = (len / 2).saturating_sub(centre);
        let first = (centre + before).saturating_sub(len / 2).min(samples.len());
        let there = &samples[first..(first + len - before).min(samples.len())];
        self.frame.fill(0.0);
        self.frame[before..before + there.len()].copy_from_slice(there);
        if let Some(window) = window {
            for (sample, weight) in self.frame.iter_mut().zip(window) {
                *sample *= weight;
            }
        }
        self.transform()
    }

    /// Spectrum of `samples`, as many as the transform is long.
    pub(super) fn whole(&mut self, samples: impl Iterator<Item = f64>) -> &[Complex<f64>] {
        for (slot, sample) in self.frame.iter_mut().zip(samples) {
            *slot = sample;
        }
        self.transform()
    }

    #[expect(clippy::expect_used, reason = "the plan made all three buffers")]
    fn transform(&mut self) -> &[Complex<f64>] {
        self.plan
            .process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch)
            .expect("buffers have the plan's lengths");
        &self.bins
    }
}

/// Value `i` of a Hann window with period `period`.
pub(super) fn hann(i: usize, period: usize) -> f64 {
    0.5 - 0.5 * (TAU * i as f64 / period as f64).cos()
}

/// Makes the magnitudes of a signal's frames.
pub(super) struct Spectrum {
    fft: FrameFft,
    window: Vec<f64>,
    magnitude: Vec<f64>,
}

impl Spectrum {
    pub(super) fn new() -> Self {
        Self {
            fft: FrameFft::new(FFT_LEN),
            window: (0..FFT_LEN).map(|i| hann(i, FFT_LEN)).collect(),
            magnitude: vec![0.0; BINS],
        }
    }

    /// Hands over the magnitudes of each frame, [`BINS`] of them.
    pub(super) fn for_each_frame(&mut self, samples: &[f64], mut each: impl FnMut(&[f64])) {
        for frame in 0..frames(samples.len(), HOP_SAMPLES) {
            let bins = self
                .fft
                .centred(samples, frame * HOP_SAMPLES, Some(&self.window));
            for (magnitude, bin) in self.magnitude.iter_mut().zip(bins) {
                *magnitude = bin.norm_sqr().sqrt();
            }
            each(&self.magnitude);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_reach_beyond_both_ends() {
        let mut fft = FrameFft::new(8);
        // The mean of a frame is its first bin.
        let samples: Vec<f64> = (1..=10).map(f64::from).collect();
        let mut sum = |centre: usize| fft.centred(&samples, centre, None)[0].re.round();
        assert_eq!(sum(0), 1.0 + 2.0 + 3.0 + 4.0);
        assert_eq!(sum(4), 36.0);
        assert_eq!(sum(10), 7.0 + 8.0 + 9.0 + 10.0);
        assert_eq!(sum(20), 0.0);
        assert_eq!((frames(1, 512), frames(512, 512)), (1, 2));
    }

    #[test]
    fn a_sine_on_a_bin_has_half_the_windows_sum() {
        let samples: Vec<f64> = (0..FFT_LEN * 2)
            .map(|i| (TAU * 64.0 * i as f64 / FFT_LEN as f64).sin())
            .collect();
        let mut middle = Vec::new();
        let mut frame = 0;
        Spectrum::new().for_each_frame(&samples, |magnitude| {
            if frame == 4 {
                middle = magnitude.to_vec();
            }
            frame += 1;
        });
        assert!((middle[64] - FFT_LEN as f64 / 4.0).abs() < 1e-9);
        assert!(middle[67] < 1e-9);
    }
}
