//! The shape of a frame's spectrum: magnitudes go in; centroid, bandwidth, rolloff (Hz) and contrast (dB) come out.

use super::decibel::power_to_db;
use super::frames::{BINS, Rows, TINY, bin_hz};

/// Share of the magnitude below the rolloff.
const ROLLOFF: f64 = 0.85;
/// Upper end of the lowest band of the contrast; each further one is an octave.
const LOWEST_BAND_HZ: f64 = 200.0;
/// Bands of the contrast.
pub(super) const CONTRAST_BANDS: usize = 7;
/// Share of a band's bins that makes its peak, and its valley.
const QUANTILE: f64 = 0.02;

/// Centroid, bandwidth and rolloff by frame.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) centroid_hz: Vec<f64>,
    pub(super) bandwidth_hz: Vec<f64>,
    pub(super) rolloff_hz: Vec<f64>,
}

impl Shape {
    /// Adds a frame's magnitudes, [`BINS`] of them.
    pub(super) fn push(&mut self, magnitude: &[f64]) {
        let sum: f64 = magnitude.iter().sum();
        let divisor = if sum < TINY { 1.0 } else { sum };
        let mean_over = |weigh: &dyn Fn(f64) -> f64| {
            let weighted = magnitude
                .iter()
                .enumerate()
                .map(|(bin, value)| weigh(bin_hz(bin)) * value);
            weighted.sum::<f64>() / divisor
        };
        let centroid_hz = mean_over(&|hz| hz);
        self.centroid_hz.push(centroid_hz);
        self.bandwidth_hz
            .push(mean_over(&|hz| (hz - centroid_hz).powi(2)).sqrt());

        // The sums up to each bin, in the order of the bins; the last is the whole.
        let mut up_to = 0.0;
        let sums: Vec<f64> = magnitude
            .iter()
            .map(|value| {
                up_to += value;
                up_to
            })
            .collect();
        let bin = sums.partition_point(|&sum| sum < ROLLOFF * up_to);
        self.rolloff_hz.push(bin_hz(bin));
    }
}

/// Bins of one band of the contrast.
struct Band {
    first: usize,
    end: usize,
    /// How many bins make the peak, and the valley.
    extreme: usize,
}

/// Peaks and valleys of octave bands by frame.
pub(super) struct Contrast {
    bands: Vec<Band>,
    peaks: Rows,
    valleys: Rows,
    sorted: Vec<f64>,
}

impl Contrast {
    pub(super) fn new() -> Self {
        let bands = (0..CONTRAST_BANDS).map(|band| {
            let low_hz = LOWEST_BAND_HZ * 2.0_f64.powi(band as i32 - 1);
            let high_hz = LOWEST_BAND_HZ * 2.0_f64.powi(band as i32);
            let lowest = (0..BINS).find(|&bin| band == 0 || bin_hz(bin) >= low_hz);
            // A band begins one bin below its lower edge and leaves its highest bin to the next; the quantile counts
            // both.
            let first = lowest.map_or(BINS, |bin| bin.saturating_sub(1));
            let end = if band == CONTRAST_BANDS - 1 {
                BINS
            } else {
                (0..BINS).find(|&bin| bin_hz(bin) > high_hz).unwrap_or(BINS)
            };
            let extreme = (QUANTILE * (end - first) as f64).round_ties_even() as usize;
            Band {
                first,
                end: if band == CONTRAST_BANDS - 1 {
                    end
                } else {
                    end - 1
                },
                extreme: extreme.max(1),
            }
        });
        Self {
            bands: bands.collect(),
            peaks: Rows::new(),
            valleys: Rows::new(),
            sorted: Vec::with_capacity(BINS),
        }
    }

    /// Forgets the clip before.
    pub(super) fn begin(&mut self) {
        self.peaks = vec![Vec::new(); CONTRAST_BANDS];
        self.valleys = vec![Vec::new(); CONTRAST_BANDS];
    }

    /// Adds a frame's magnitudes, [`BINS`] of them.
    pub(super) fn push(&mut self, magnitude: &[f64]) {
        let rows = self.peaks.iter_mut().zip(&mut self.valleys);
        for (band, (peaks, valleys)) in self.bands.iter().zip(rows) {
            self.sorted.clear();
            self.sorted
                .extend_from_slice(&magnitude[band.first..band.end]);
            let (len, extreme) = (self.sorted.len(), band.extreme);
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            self.sorted
                .select_nth_unstable_by(extreme - 1, f64::total_cmp);
            valleys.push(mean(&self.sorted[..extreme]));
            self.sorted
                .select_nth_unstable_by(len - extreme, f64::total_cmp);
            peaks.push(mean(&self.sorted[len - extreme..]));
        }
    }

    /// Peak over valley by band, dB.
    pub(super) fn rows(&self) -> Rows {
        let (mut peaks, mut valleys) = (self.peaks.clone(), self.valleys.clone());
        power_to_db(&mut peaks);
        power_to_db(&mut valleys);
        for (peaks, valleys) in peaks.iter_mut().zip(&valleys) {
            for (peak, valley) in peaks.iter_mut().zip(valleys) {
                *peak -= valley;
            }
        }
        peaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_its_own_centroid_and_rolloff() {
        let mut magnitude = vec![0.0; BINS];
        magnitude[100] = 0.3;
        let mut shape = Shape::default();
        shape.push(&magnitude);
        assert!((shape.centroid_hz[0] - bin_hz(100)).abs() < 1e-9);
        assert!(shape.bandwidth_hz[0] < 1e-9);
        assert_eq!(shape.rolloff_hz[0], bin_hz(100));
        shape.push(&vec![0.0; BINS]);
        assert_eq!(
            [
                shape.centroid_hz[1],
                shape.bandwidth_hz[1],
                shape.rolloff_hz[1]
            ],
            [0.0; 3]
        );
    }

    #[test]
    fn bands_are_octaves_that_do_not_overlap_by_more_than_a_bin() {
        let contrast = Contrast::new();
        assert_eq!(contrast.bands[0].first, 0);
        assert_eq!(contrast.bands[CONTRAST_BANDS - 1].end, BINS);
        for pair in contrast.bands.windows(2) {
            assert!((pair[1].first..=pair[1].first + 1).contains(&pair[0].end));
        }
        let extremes: Vec<usize> = contrast.bands.iter().map(|band| band.extreme).collect();
        assert_eq!(extremes, [1, 1, 1, 2, 3, 6, 9]);
    }
}
