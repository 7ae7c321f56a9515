//! What keeps an ascending window one that the network could be given.

use needledrop_bundle::{InputKind, Window};
use needledrop_networks::order::{below, uniform};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

/// Largest deviation of a value: those of music are rarely farther out.
pub(super) const MOST: f32 = 3.0;
/// Root mean square of a PCM window, full scale 1: -20 dB.
const PCM_RMS: f32 = 0.1;
/// What of a blur is farther out than this is left out.
const REACH_DEVIATIONS: f32 = 3.0;
/// Least share of an axis that is a shift of one.
const SHIFT_SHARE: usize = 16;

/// A circular shift along time, and along bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    frames: usize,
    bands: usize,
}

impl Shift {
    /// At most `most` either way, fewer along an axis that is short.
    pub(super) fn draw(
        kind: InputKind,
        window: Window,
        most: usize,
        chance: &mut ChaCha8Rng,
    ) -> Self {
        let mut along = |size: usize| {
            let most = most.min(size / SHIFT_SHARE);
            (size + below(chance, 2 * most + 1) - most) % size
        };
        let frames = along(window.frames);
        Self {
            frames,
            bands: match kind {
                InputKind::Pcm => 0,
                _ => along(window.bands),
            },
        }
    }

    /// The windows `x`, shifted.
    pub(super) fn there(self, x: &[f32], window: Window) -> Vec<f32> {
        self.moved(x, window, |frame, band| {
            (
                (frame + self.frames) % window.frames,
                (band + self.bands) % window.bands,
            )
        })
    }

    /// What [`Shift::there`] undoes.
    pub(super) fn back(self, x: &[f32], window: Window) -> Vec<f32> {
        self.moved(x, window, |frame, band| {
            (
                (frame + window.frames - self.frames) % window.frames,
                (band + window.bands - self.bands) % window.bands,
            )
        })
    }

    fn moved(
        self,
        x: &[f32],
        Window { frames, bands, .. }: Window,
        to: impl Fn(usize, usize) -> (usize, usize),
    ) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        let windows = out.chunks_exact_mut(frames * bands);
        for (out, x) in windows.zip(x.chunks_exact(frames * bands)) {
            for frame in 0..frames {
                for band in 0..bands {
                    let (there, up) = to(frame, band);
                    out[there * bands + up] = x[frame * bands + band];
                }
            }
        }
        out
    }
}

/// A window of normal noise.
pub(super) fn noise(kind: InputKind, window: Window, chance: &mut ChaCha8Rng) -> Vec<f32> {
    let mut x: Vec<f32> = (0..window.values())
        .map(|_| {
            // Box-Muller; `1 - u` keeps the logarithm finite.
            let (u, v) = (uniform(chance, 0.0, 1.0), uniform(chance, 0.0, 1.0));
            (-2.0 * (1.0 - u).ln()).sqrt() * (TAU * v).cos()
        })
        .collect();
    hold(&mut x, kind);
    x
}

/// A step along the gradient, of `rate` deviations whatever the gradient's length, and back to what a window can be.
pub(super) fn step(x: &mut [f32], gradient: &[f32], rate: f32, kind: InputKind) {
    let length = rms(gradient);
    if length > 0.0 && length.is_finite() {
        let (size, _) = bounds(kind);
        for (x, gradient) in x.iter_mut().zip(gradient) {
            *x += rate * size * gradient / length;
        }
    }
    hold(x, kind);
}

/// The deviation of a window, and the largest amount of a value.
fn bounds(kind: InputKind) -> (f32, f32) {
    match kind {
        InputKind::Pcm => (PCM_RMS, 1.0),
        _ => (1.0, MOST),
    }
}

/// No mean, one deviation (or the loudness of PCM), no value farther out than [`MOST`] (or full scale).
fn hold(x: &mut [f32], kind: InputKind) {
    let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / x.len().max(1) as f64;
    x.iter_mut().for_each(|v| *v -= mean as f32);
    let (size, most) = bounds(kind);
    let scale = size / rms(x).max(f32::MIN_POSITIVE);
    x.iter_mut()
        .for_each(|v| *v = (*v * scale).clamp(-most, most));
}

fn rms(x: &[f32]) -> f32 {
    let sum: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    (sum / x.len().max(1) as f64).sqrt() as f32
}

/// Gaussian blur along both axes of `[frames, bands]`; what lies outside has no weight.
pub(super) fn blur(x: &mut [f32], bands: usize, sigma: f32) {
    let reach = (REACH_DEVIATIONS * sigma).ceil() as usize;
    let kernel: Vec<f32> = (0..=reach)
        .map(|at| (-0.5 * (at as f32 / sigma).powi(2)).exp())
        .collect();
    let frames = x.len() / bands;
    for frame in x.chunks_exact_mut(bands) {
        let line = blurred(frame, &kernel);
        frame.copy_from_slice(&line);
    }
    let mut column = vec![0.0; frames];
    for band in 0..bands {
        for (frame, value) in column.iter_mut().enumerate() {
            *value = x[frame * bands + band];
        }
        for (frame, value) in blurred(&column, &kernel).into_iter().enumerate() {
            x[frame * bands + band] = value;
        }
    }
}

fn blurred(line: &[f32], kernel: &[f32]) -> Vec<f32> {
    let reach = kernel.len() - 1;
    (0..line.len())
        .map(|at| {
            let near = at.saturating_sub(reach)..(at + reach + 1).min(line.len());
            let (mut sum, mut weights) = (0.0, 0.0);
            for other in near {
                let weight = kernel[at.abs_diff(other)];
                sum += weight * line[other];
                weights += weight;
            }
            sum / weights
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST, PCM_RMS, Shift, blur, bounds, noise, rms, step};
    use needledrop_bundle::{InputKind, Window};
    use needledrop_networks::order::generator;

    const WINDOW: Window = Window {
        frames: 64,
        hop: 32,
        bands: 48,
    };
    /// Of a step, in deviations.
    const RATE: f32 = 0.3;

    #[test]
    fn shifts_come_back_and_are_small() {
        let x: Vec<f32> = (0..2 * WINDOW.values()).map(|at| at as f32).collect();
        let mut chance = generator(1, 2, 3, 4);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let shift = Shift::draw(InputKind::LogMel, WINDOW, 1, &mut chance);
            assert_eq!(shift.back(&shift.there(&x, WINDOW), WINDOW), x);
            seen.insert((
                shift.frames.min(64 - shift.frames),
                shift.bands.min(48 - shift.bands),
            ));
        }
        assert_eq!(seen.len(), 4, "each axis moves by one or not: {seen:?}");
        assert!(seen.contains(&(1, 1)) && seen.contains(&(0, 0)));
        let pcm = Shift::draw(
            InputKind::Pcm,
            Window { bands: 1, ..WINDOW },
            1,
            &mut chance,
        );
        assert_eq!(pcm.bands, 0);
        let short = Window {
            frames: 7,
            bands: 9,
            ..WINDOW
        };
        let still = Shift {
            frames: 0,
            bands: 0,
        };
        assert_eq!(Shift::draw(InputKind::LogMel, short, 1, &mut chance), still);
    }

    #[test]
    fn noise_and_steps_stay_what_a_window_can_be() {
        for (kind, size, most) in [
            (InputKind::LogMel, 1.0, MOST),
            (InputKind::Pcm, PCM_RMS, 1.0),
        ] {
            let noise = |item| noise(kind, WINDOW, &mut generator(1, 2, 3, item));
            // Along a gradient as noise is: steep in many places.
            let (mut x, gradient) = (noise(4), noise(5));
            for _ in 0..50 {
                step(&mut x, &gradient, RATE, kind);
            }
            assert!(x.iter().all(|v| v.abs() <= most));
            let share = rms(&x) / size;
            assert!((share - 1.0).abs() < 0.05, "{kind}: {share}");
        }
    }

    /// One value far steeper than all others takes what its bound then cuts off: the others have the rest.
    #[test]
    fn what_the_bound_cuts_off_is_missing_and_no_more() {
        for (kind, size, most) in [
            (InputKind::LogMel, 1.0, MOST),
            (InputKind::Pcm, PCM_RMS, 1.0),
        ] {
            let mut x = noise(kind, WINDOW, &mut generator(1, 2, 3, 4));
            let mut gradient = vec![1e-6; x.len()];
            gradient[7] = 1e6;
            for _ in 0..200 {
                step(&mut x, &gradient, RATE, kind);
            }
            assert!(x.iter().all(|v| v.abs() <= most));
            assert!(x[7] > 0.999 * most, "{}", x[7]);
            // A step is as long as the whole window's deviation, and all of it is this value's.
            let n = x.len() as f32;
            let (kept, reached) = (most / size, most / size + RATE * n.sqrt());
            let expected = (1.0 - (reached.powi(2) - kept.powi(2)) / n).sqrt();
            let share = rms(&x) / size;
            assert!(
                (share - expected).abs() < 2e-3,
                "{kind}: {share} against {expected}"
            );
        }
    }

    #[test]
    fn a_gradient_of_noughts_moves_nothing() {
        let noughts = vec![0.0; WINDOW.values()];
        // The noise of PCM is far from full scale, so that nothing was cut off. Of log-mel's the values beyond three
        // deviations were: a normal distribution loses 0.25 % of its deviation there, this window of 3072 values some
        // more. The next step makes up for it, by that share of each value (and the mean of what was cut off).
        for (kind, most_cut_off, rounding) in [
            (InputKind::LogMel, 4e-3, 1e-3),
            (InputKind::Pcm, 1e-6, 1e-5),
        ] {
            let mut x = noise(kind, WINDOW, &mut generator(1, 2, 3, 4));
            let before = x.clone();
            let (size, _) = bounds(kind);
            let cut_off = size / rms(&before) - 1.0;
            assert!(cut_off < most_cut_off, "{kind}: {cut_off}");
            step(&mut x, &noughts, RATE, kind);
            for (x, before) in x.iter().zip(&before) {
                let moved = (x - before).abs() / size;
                let share = cut_off.abs() * before.abs() / size;
                assert!(moved < share + rounding, "{kind}: {x} against {before}");
            }
        }
    }

    #[test]
    fn blur_keeps_constants_and_spreads_a_point() {
        let mut flat = vec![2.0; 12 * 5];
        blur(&mut flat, 5, 1.5);
        assert!(flat.iter().all(|v| (v - 2.0).abs() < 1e-5));
        let mut point = vec![0.0; 21 * 21];
        point[10 * 21 + 10] = 1.0;
        blur(&mut point, 21, 1.0);
        let sum: f32 = point.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        // The density of a normal distribution at its mean, along two axes: 1 / (2 pi).
        assert!((point[10 * 21 + 10] - 0.159).abs() < 2e-3);
        assert_eq!(point[10 * 21 + 9], point[9 * 21 + 10]);
    }
}
