//! Halves the rate: samples go in, every second one behind a low-pass filter comes out.
//!
//! The filter is the one that librosa's `soxr_hq` has at this ratio, found from its impulse response: within 3e-7 of
//! it, which matters where a clip begins or ends abruptly and the filter rings.

use super::spectrum::FrameFft;
use realfft::{ComplexToReal, RealFftPlanner};
use std::f64::consts::PI;
use std::sync::Arc;

/// Samples on each side of the middle.
const REACH: usize = 195;
/// Where half the amplitude is left, in cycles a sample before decimation.
const CUTOFF: f64 = 0.239_218;
/// Kaiser's beta of the window.
const BETA: f64 = 13.106;
/// Length of the blocks that are filtered by their spectrum.
const BLOCK: usize = 8192;
/// Samples of a block that no end of it disturbs.
const STEP: usize = BLOCK - 2 * REACH;

/// Halves the rate without delay; zeros beyond both ends.
pub(super) struct Decimator {
    forward: FrameFft,
    inverse: Arc<dyn ComplexToReal<f64>>,
    /// Of the filter around sample 0, so it is real; divided by [`BLOCK`], since no transform is.
    response: Vec<f64>,
}

impl Decimator {
    pub(super) fn new() -> Self {
        let mut forward = FrameFft::new(BLOCK);
        let weights = weights();
        let around_0 = (0..BLOCK).map(|i| {
            let weight = weights.get(i.min(BLOCK - i));
            weight.map_or(0.0, |weight| weight / BLOCK as f64)
        });
        let response = forward.whole(around_0).iter().map(|bin| bin.re).collect();
        Self {
            forward,
            inverse: RealFftPlanner::new().plan_fft_inverse(BLOCK),
            response,
        }
    }

    /// One output for every two samples, the first at the first sample.
    #[expect(clippy::expect_used, reason = "the plan made both buffers")]
    pub(super) fn halve(&mut self, samples: &[f64]) -> Vec<f64> {
        let mut bins = self.inverse.make_input_vec();
        let mut filtered = self.inverse.make_output_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        let mut out = Vec::with_capacity(samples.len().div_ceil(2) + STEP / 2);
        for first in (0..samples.len()).step_by(STEP) {
            let centre = first + BLOCK / 2 - REACH;
            let spectrum = self.forward.centred(samples, centre, None);
            for ((bin, response), before) in bins.iter_mut().zip(&self.response).zip(spectrum) {
                *bin = before * response;
            }
            self.inverse
                .process_with_scratch(&mut bins, &mut filtered, &mut scratch)
                .expect("buffers have the plan's lengths, a real filter leaves both ends real");
            out.extend(filtered[REACH..BLOCK - REACH].iter().step_by(2));
        }
        out.truncate(samples.len().div_ceil(2));
        out
    }
}

/// The filter's weights by distance from its middle.
fn weights() -> Vec<f64> {
    let mut weights: Vec<f64> = (0..=REACH)
        .map(|i| {
            let distance = i as f64;
            let share = distance / REACH as f64;
            let sinc = match i {
                0 => 2.0 * CUTOFF,
                _ => (2.0 * PI * CUTOFF * distance).sin() / (PI * distance),
            };
            sinc * bessel_i0(BETA * (1.0 - share * share).sqrt())
        })
        .collect();
    // A steady signal keeps its value.
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// Modified Bessel function of the first kind, order 0.
fn bessel_i0(x: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    for k in 1..64 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(hz: f64) -> f64 {
        let samples: Vec<f64> = (0..8192)
            .map(|i| (2.0 * PI * hz * f64::from(i)).cos())
            .collect();
        let out = Decimator::new().halve(&samples);
        out[1000..3000].iter().copied().fold(0.0, f64::max)
    }

    #[test]
    fn it_passes_low_and_stops_high() {
        // In cycles a sample before decimation: the new half rate is 0.25.
        for hz in [0.001, 0.05, 0.1, 0.22] {
            assert!((level_of(hz) - 1.0).abs() < 1e-4, "{hz}: {}", level_of(hz));
        }
        for hz in [0.27, 0.37, 0.45, 0.4999] {
            assert!(level_of(hz) < 1e-6, "{hz}: {}", level_of(hz));
        }
    }

    #[test]
    fn ends_are_kept_in_place() {
        let mut decimator = Decimator::new();
        for len in [0, 1, 2, 3, STEP - 1, STEP, STEP + 1, 3 * STEP] {
            assert_eq!(decimator.halve(&vec![1.0; len]).len(), len.div_ceil(2));
        }
        let steady = decimator.halve(&vec![1.0; 3 * STEP]);
        let inner = &steady[REACH..steady.len() - REACH];
        assert!(inner.iter().all(|value| (value - 1.0).abs() < 1e-12));
        let mut impulse = vec![0.0; 2 * STEP];
        impulse[STEP + 2] = 1.0;
        let response = decimator.halve(&impulse);
        for (i, weight) in weights().iter().step_by(2).enumerate() {
            for place in [STEP / 2 + 1 - i, STEP / 2 + 1 + i] {
                assert!((response[place] - weight).abs() < 1e-15, "{i}");
            }
        }
    }
}
