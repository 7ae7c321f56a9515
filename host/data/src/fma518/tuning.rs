//! The clip's tuning: by how much of a semitone its spectral peaks miss the equal-tempered scale at A = 440 Hz.

use super::frames::{BINS, bin_hz};
use crate::median::median_of_sorted;

/// Peaks are looked for from this frequency ...
const LOW_HZ: f64 = 150.0;
/// ... to below this one.
const HIGH_HZ: f64 = 4000.0;
/// A peak is above this share of its frame's maximum.
const THRESHOLD: f64 = 0.1;
/// Bins of the histogram over one semitone.
const HISTOGRAM_BINS: usize = 100;
/// The scale's reference.
pub(super) const A440_HZ: f64 = 440.0;

/// Spectral peaks of all frames, refined by a parabola through each and its neighbours.
#[derive(Default)]
pub(super) struct Peaks {
    /// Frequency in Hz, height.
    peaks: Vec<(f64, f64)>,
}

impl Peaks {
    /// Adds the peaks of a frame.
    pub(super) fn push(&mut self, spectrum: &[f64]) {
        let floor = THRESHOLD * spectrum.iter().copied().fold(0.0, f64::max);
        let above = |value: f64| if value > floor { value } else { 0.0 };
        for bin in 1..BINS - 1 {
            let hz = bin_hz(bin);
            let [before, here, after] = [spectrum[bin - 1], spectrum[bin], spectrum[bin + 1]];
            let is_peak = above(here) > above(before) && above(here) >= above(after);
            if !is_peak || !(LOW_HZ..HIGH_HZ).contains(&hz) {
                continue;
            }
            let slope = (after - before) / 2.0;
            let bend = after + before - 2.0 * here;
            // A vertex more than a bin away is none of this peak's.
            let shift = if slope.abs() >= bend.abs() {
                0.0
            } else {
                -slope / bend
            };
            let refined_hz = (bin as f64 + shift) * bin_hz(1);
            self.peaks.push((refined_hz, here + 0.5 * slope * shift));
        }
    }

    /// The commonest deviation of the higher half of the peaks, in semitones from -0.5 to 0.49 by hundredths; 0 when
    /// there are no peaks.
    pub(super) fn tuning(&self) -> f64 {
        if self.peaks.is_empty() {
            return 0.0;
        }
        let mut heights: Vec<f64> = self.peaks.iter().map(|&(_, height)| height).collect();
        heights.sort_unstable_by(f64::total_cmp);
        let median = median_of_sorted(&heights);
        let edges: Vec<f64> = (0..=HISTOGRAM_BINS)
            .map(|i| i as f64 / HISTOGRAM_BINS as f64 - 0.5)
            .collect();
        let mut counts = [0_u64; HISTOGRAM_BINS];
        for &(hz, _) in self.peaks.iter().filter(|&&(_, height)| height >= median) {
            let semitones = (12.0 * (hz / (A440_HZ / 16.0)).log2()).rem_euclid(1.0);
            let deviation = if semitones >= 0.5 {
                semitones - 1.0
            } else {
                semitones
            };
            let bin = edges.partition_point(|&edge| edge <= deviation);
            counts[bin.saturating_sub(1).min(HISTOGRAM_BINS - 1)] += 1;
        }
        // The first of equal ones.
        let mut best = 0;
        for (bin, &count) in counts.iter().enumerate() {
            if count > counts[best] {
                best = bin;
            }
        }
        edges[best]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fma518::spectrum::Spectrum;
    use std::f64::consts::TAU;

    #[test]
    fn a_sharp_tone_is_sharp_by_as_much() {
        for semitones in [-0.4, -0.13, 0.0, 0.27, 0.48] {
            let hz = 880.0 * 2.0_f64.powf(semitones / 12.0);
            let samples: Vec<f64> = (0..44_100)
                .map(|i| (TAU * hz * f64::from(i) / 22_050.0).sin())
                .collect();
            let mut peaks = Peaks::default();
            Spectrum::new().for_each_frame(&samples, |magnitude| peaks.push(magnitude));
            // The parabola is through a Hann window's peak, which is none: some hundredths are its.
            assert!(
                (peaks.tuning() - semitones).abs() < 0.06,
                "{semitones}: {}",
                peaks.tuning()
            );
        }
        assert_eq!(Peaks::default().tuning(), 0.0);
    }
}
