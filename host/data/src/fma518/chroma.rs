//! Chroma: energy by pitch class, from the short-time spectrum and from the constant-Q transform, and what follows
//! from it.

use super::constant_q;
use super::frames::{BINS, Rows, TINY, bin_hz};
use super::tuning::A440_HZ;
use std::f64::consts::{PI, TAU};

/// Pitch classes, from C.
pub(super) const CLASSES: usize = 12;
/// Axes of [`tonnetz`].
pub(super) const TONNETZ_AXES: usize = 6;
/// Octave above 27.5 Hz at which [`ChromaBank`] weighs most, and the width of that weighting in octaves.
const CENTRE_OCTAVE: f64 = 5.0;
const WIDTH_OCTAVES: f64 = 2.0;
/// Constant-Q bands that librosa 0.11 takes for one pitch class when it is handed a transform: its default of 36 bands
/// an octave, whatever the transform has.
const BANDS_PER_CLASS: usize = 3;
/// Shares of a frame from which CENS counts one quarter more.
const QUANTA: [f64; 4] = [0.4, 0.2, 0.1, 0.05];
/// Frames that CENS smooths over.
const SMOOTHED_FRAMES: usize = 41;

/// Weights of spectral bins for each pitch class, for one tuning.
///
/// # Source
/// D. Ellis, Chroma feature analysis and synthesis, 2007.
pub(super) struct ChromaBank {
    /// By bin.
    weights: Vec<[f64; CLASSES]>,
}

impl ChromaBank {
    /// For a tuning in semitones.
    pub(super) fn new(tuning: f64) -> Self {
        let classes = CLASSES as f64;
        let a0_hz = A440_HZ * 2.0_f64.powf(tuning / classes) / 16.0;
        let semitone = |bin: usize| match bin {
            // The logarithm has no place for 0 Hz: an octave and a half below the first bin.
            0 => classes * (bin_hz(1) / a0_hz).log2() - 1.5 * classes,
            bin => classes * (bin_hz(bin) / a0_hz).log2(),
        };
        let weights = (0..BINS).map(|bin| {
            let here = semitone(bin);
            let width = (semitone(bin + 1) - here).max(1.0);
            let octave = (here / classes - CENTRE_OCTAVE) / WIDTH_OCTAVES;
            let closeness: [f64; CLASSES] = std::array::from_fn(|class| {
                // The semitones count from A, the classes from C.
                let semitone_of_class = ((class + 3) % CLASSES) as f64;
                let distance = (here - semitone_of_class + 6.0).rem_euclid(classes) - 6.0;
                (-0.5 * (2.0 * distance / width).powi(2)).exp()
            });
            let norm = closeness.iter().map(|c| c * c).sum::<f64>().sqrt();
            closeness.map(|closeness| closeness / norm * (-0.5 * octave * octave).exp())
        });
        Self {
            weights: weights.collect(),
        }
    }

    /// Appends a frame's chroma to `rows`, its highest class 1.
    pub(super) fn push(&self, magnitude: &[f64], rows: &mut Rows) {
        let mut sums = [0.0; CLASSES];
        for (weights, magnitude) in self.weights.iter().zip(magnitude) {
            let power = magnitude * magnitude;
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * power;
            }
        }
        let highest = sums.into_iter().fold(0.0, f64::max);
        let divisor = if highest < TINY { 1.0 } else { highest };
        for (row, sum) in rows.iter_mut().zip(sums) {
            row.push(sum / divisor);
        }
    }
}

/// Constant-Q bands summed by pitch class, not normalised.
pub(super) fn fold(bands: &Rows) -> Rows {
    let frames = bands.first().map_or(0, Vec::len);
    let mut rows = vec![vec![0.0; frames]; CLASSES];
    for (band, values) in bands.iter().enumerate().take(constant_q::BANDS) {
        let class = (band + 1) / BANDS_PER_CLASS % CLASSES;
        for (sum, value) in rows[class].iter_mut().zip(values) {
            *sum += value;
        }
    }
    rows
}

/// Every frame divided by its highest value.
pub(super) fn normalised_by_maximum(rows: &Rows) -> Rows {
    normalised(rows, |column| column.iter().copied().fold(0.0, f64::max))
}

fn normalised_by_sum(rows: &Rows) -> Rows {
    normalised(rows, |column| column.iter().map(|value| value.abs()).sum())
}

fn normalised_by_length(rows: &Rows) -> Rows {
    normalised(rows, |column| {
        let squares = column.iter().map(|value| value * value);
        squares.sum::<f64>().sqrt()
    })
}

/// Every frame divided by its norm, unless that is next to nothing.
fn normalised(rows: &Rows, norm: impl Fn(&[f64]) -> f64) -> Rows {
    let mut rows = rows.clone();
    let mut column = vec![0.0; rows.len()];
    for frame in 0..rows.first().map_or(0, Vec::len) {
        for (value, row) in column.iter_mut().zip(&rows) {
            *value = row[frame];
        }
        let norm = norm(&column);
        if norm >= TINY {
            rows.iter_mut().for_each(|row| row[frame] /= norm);
        }
    }
    rows
}

/// Chroma energy normalised statistics: shares of each frame in coarse steps, smoothed over time, each frame of length
/// 1.
///
/// # Source
/// M. Müller, S. Ewert, Chroma Toolbox, ISMIR 2011.
pub(super) fn cens(folded: &Rows) -> Rows {
    let mut rows = normalised_by_sum(folded);
    for value in rows.iter_mut().flatten() {
        let steps = QUANTA.iter().filter(|&&quantum| *value > quantum).count();
        *value = steps as f64 / QUANTA.len() as f64;
    }
    // A symmetric window whose two ends, both 0, are not counted.
    let window: Vec<f64> = (1..=SMOOTHED_FRAMES)
        .map(|i| 0.5 - 0.5 * (TAU * i as f64 / (SMOOTHED_FRAMES + 1) as f64).cos())
        .collect();
    let sum: f64 = window.iter().sum();
    let smooth = |row: &Vec<f64>| -> Vec<f64> {
        (0..row.len())
            .map(|frame| {
                let first = (frame + SMOOTHED_FRAMES / 2 + 1).saturating_sub(SMOOTHED_FRAMES);
                let end = (frame + SMOOTHED_FRAMES / 2 + 1).min(row.len());
                let skipped = first + SMOOTHED_FRAMES / 2 - frame;
                row[first..end]
                    .iter()
                    .zip(&window[skipped..])
                    .map(|(value, weight)| value * weight / sum)
                    .sum()
            })
            .collect()
    };
    normalised_by_length(&rows.iter().map(smooth).collect())
}

/// Tonal centroids: circles of fifths, minor thirds and major thirds, sine and cosine of each.
///
/// # Source
/// C. Harte, M. Sandler, M. Gasser, Detecting harmonic change in musical audio, 2006.
pub(super) fn tonnetz(chroma: &Rows) -> Rows {
    const STEP: [f64; TONNETZ_AXES] = [
        7.0 / 6.0,
        7.0 / 6.0,
        3.0 / 2.0,
        3.0 / 2.0,
        2.0 / 3.0,
        2.0 / 3.0,
    ];
    const RADIUS: [f64; TONNETZ_AXES] = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5];
    let shares = normalised_by_sum(chroma);
    let frames = shares.first().map_or(0, Vec::len);
    let axis = |i: usize| -> Vec<f64> {
        // Sine and cosine alternate.
        let turn = if i.is_multiple_of(2) { 0.5 } else { 0.0 };
        let weight = |class: usize| RADIUS[i] * (PI * (STEP[i] * class as f64 - turn)).cos();
        (0..frames)
            .map(|frame| {
                let products = shares
                    .iter()
                    .enumerate()
                    .map(|(class, row)| weight(class) * row[frame]);
                products.sum()
            })
            .collect()
    };
    (0..TONNETZ_AXES).map(axis).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_in_its_pitch_class() {
        // A4 and C5, and A4 sharp by 0.3 in a bank that is tuned so.
        for (hz, tuning, expected) in [(440.0, 0.0, 9), (523.25, 0.0, 0), (447.69, 0.3, 9)] {
            let mut magnitude = vec![0.0; BINS];
            magnitude[(hz / bin_hz(1)).round() as usize] = 1.0;
            let mut rows: Rows = vec![Vec::new(); CLASSES];
            ChromaBank::new(tuning).push(&magnitude, &mut rows);
            assert_eq!(rows[expected], [1.0], "{hz}");
        }
    }

    #[test]
    fn a_steady_chord_stays_itself_through_cens() {
        let mut folded = vec![vec![0.0; 100]; CLASSES];
        for class in [0, 4, 7] {
            folded[class] = vec![2.0; 100];
        }
        let cens = cens(&folded);
        for frame in [0, 50, 99] {
            for (class, row) in cens.iter().enumerate() {
                let expected = if [0, 4, 7].contains(&class) {
                    3.0_f64.sqrt().recip()
                } else {
                    0.0
                };
                assert!((row[frame] - expected).abs() < 1e-12);
            }
        }
        let silent = vec![vec![0.0; 3]; CLASSES];
        assert_eq!(super::cens(&silent), silent);
        assert_eq!(tonnetz(&silent), vec![vec![0.0; 3]; 6]);
    }
}
