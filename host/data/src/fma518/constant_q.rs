//! Constant-Q transform: seven octaves of twelve bands from C1, by repeated halving of the rate.
//!
//! Every octave is analysed by the same twelve wavelets (windowed complex tones whose length is a fixed number of
//! periods) on the signal at a rate halved once more. Their spectra lose the bins that make up the last hundredth of
//! their magnitude, as librosa's do, since that is audible in the result's floor.
//!
//! # Source
//! C. Schörkhuber, A. Klapuri, Constant-Q transform toolbox for music processing, SMC 2010.

use super::decimate::Decimator;
use super::frames::{HOP_SAMPLES, Rows, SAMPLE_RATE_HZ, frames};
use super::spectrum::{FrameFft, hann};
use realfft::num_complex::Complex;
use std::collections::HashMap;
use std::f64::consts::{SQRT_2, TAU};

/// Bands in an octave.
const PER_OCTAVE: usize = 12;
const OCTAVES: usize = 7;
/// Bands.
pub(super) const BANDS: usize = PER_OCTAVE * OCTAVES;
/// C1: 45 semitones below A4.
const LOWEST_HZ: f64 = 32.703_195_662_574_83;
/// Share of a wavelet's magnitude that is left out of its spectrum.
const LEFT_OUT: f64 = 0.01;
/// Magnitudes below this are rounding errors of the transforms (a 16-bit step is 3e-5) and count as nothing: chroma
/// would scale them up to a full chord in digital silence.
const LEAST: f64 = 1e-10;

/// The spectrum of one wavelet, without its least bins.
struct Wavelet {
    bins: Vec<(usize, Complex<f64>)>,
}

/// Makes the transform; keeps the plans of the lengths met so far.
pub(super) struct ConstantQ {
    decimator: Decimator,
    ffts: HashMap<usize, FrameFft>,
}

impl ConstantQ {
    pub(super) fn new() -> Self {
        Self {
            decimator: Decimator::new(),
            ffts: HashMap::new(),
        }
    }

    /// Magnitudes by band, lowest first, then frame; `tuning` shifts the bands, in semitones.
    pub(super) fn magnitudes(&mut self, samples: &[f64], tuning: f64) -> Rows {
        let lowest_hz = LOWEST_HZ * 2.0_f64.powf(tuning / PER_OCTAVE as f64);
        let mut rows: Rows = vec![Vec::new(); BANDS];
        let mut rate_hz = f64::from(SAMPLE_RATE_HZ);
        let mut hop_samples = HOP_SAMPLES;
        let mut halved: Vec<f64>;
        let mut samples = samples;
        for octave in (0..OCTAVES).rev() {
            let hz = |band: usize| {
                lowest_hz
                    * 2.0_f64.powi(octave as i32)
                    * 2.0_f64.powf(band as f64 / PER_OCTAVE as f64)
            };
            let lengths: [f64; PER_OCTAVE] =
                std::array::from_fn(|band| quality() * rate_hz / hz(band));
            let fft_len = lengths[0].ceil() as usize;
            let fft_len = fft_len.next_power_of_two();
            let fft = self
                .ffts
                .entry(fft_len)
                .or_insert_with(|| FrameFft::new(fft_len));
            let octave_rows = &mut rows[octave * PER_OCTAVE..(octave + 1) * PER_OCTAVE];
            let wavelets: [Wavelet; PER_OCTAVE] = std::array::from_fn(|band| {
                Wavelet::new(fft, fft_len, lengths[band], hz(band) / rate_hz)
            });
            // The halved signals carry as much more amplitude as they have fewer samples.
            let gain = (f64::from(SAMPLE_RATE_HZ) / rate_hz).sqrt();
            let scale: [f64; PER_OCTAVE] =
                lengths.map(|len| gain / (len * f64::from(SAMPLE_RATE_HZ) / rate_hz).sqrt());
            for frame in 0..frames(samples.len(), hop_samples) {
                let bins = fft.centred(samples, frame * hop_samples, None);
                for ((row, wavelet), scale) in octave_rows.iter_mut().zip(&wavelets).zip(scale) {
                    let magnitude = wavelet.response(bins).norm_sqr().sqrt() * scale;
                    row.push(if magnitude < LEAST { 0.0 } else { magnitude });
                }
            }
            if octave > 0 {
                halved = self.decimator.halve(samples);
                halved.iter_mut().for_each(|sample| *sample *= SQRT_2);
                samples = &halved;
                rate_hz /= 2.0;
                hop_samples /= 2;
            }
        }
        // A halved signal of an odd length may have a frame more.
        let shortest = rows.iter().map(Vec::len).min().unwrap_or(0);
        rows.iter_mut().for_each(|row| row.truncate(shortest));
        rows
    }
}

/// Periods in a wavelet.
fn quality() -> f64 {
    let octave_share = 2.0_f64.powf(2.0 / PER_OCTAVE as f64);
    (octave_share + 1.0) / (octave_share - 1.0)
}

impl Wavelet {
    /// A tone of `cycles` a sample under a Hann window of `length` samples.
    fn new(fft: &mut FrameFft, fft_len: usize, length: f64, cycles: f64) -> Self {
        let first = (-length / 2.0).floor();
        let count = ((length / 2.0).floor() - first) as usize;
        let before = (fft_len - count) / 2;
        let window: Vec<f64> = (0..count).map(|i| hann(i, count)).collect();
        // Sum of magnitudes 1, times length over FFT length.
        let scale = length / fft_len as f64 / window.iter().sum::<f64>();
        let mut part = |phase: fn(f64) -> f64| -> Vec<Complex<f64>> {
            let sample = |i: usize| {
                let angle = TAU * cycles * (first + i as f64);
                phase(angle) * window[i] * scale
            };
            let padded = (0..fft_len).map(|i| match i.checked_sub(before) {
                Some(i) if i < count => sample(i),
                _ => 0.0,
            });
            fft.whole(padded).to_vec()
        };
        let (cosine, sine) = (part(f64::cos), part(f64::sin));
        let bins: Vec<Complex<f64>> = cosine
            .iter()
            .zip(&sine)
            .map(|(cosine, sine)| Complex::new(cosine.re - sine.im, cosine.im + sine.re))
            .collect();
        let least = least_kept(&bins);
        Self {
            bins: bins
                .into_iter()
                .enumerate()
                .filter(|(_, bin)| bin.norm() >= least)
                .collect(),
        }
    }

    fn response(&self, spectrum: &[Complex<f64>]) -> Complex<f64> {
        self.bins
            .iter()
            .map(|&(bin, weight)| weight * spectrum[bin])
            .sum()
    }
}

/// The magnitude from which on bins are kept: those below make up less than [`LEFT_OUT`] of the sum.
fn least_kept(bins: &[Complex<f64>]) -> f64 {
    let mut sorted: Vec<f64> = bins.iter().map(|bin| bin.norm()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let sum: f64 = sorted.iter().sum();
    let mut up_to = 0.0;
    sorted
        .into_iter()
        .find(|magnitude| {
            up_to += magnitude / sum;
            up_to >= LEFT_OUT
        })
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_in_its_own_band() {
        let mut transform = ConstantQ::new();
        for band in [0, 5, 11, 12, 40, 57, 83] {
            let hz = LOWEST_HZ * 2.0_f64.powf((band as f64 + 0.2) / 12.0);
            let samples: Vec<f64> = (0..66_150)
                .map(|i| 0.5 * (TAU * hz * f64::from(i) / 22_050.0).sin())
                .collect();
            let rows = transform.magnitudes(&samples, 0.2);
            assert_eq!(rows[band].len(), 130);
            let level = |band: usize| rows[band][65];
            let loudest = (0..BANDS).max_by(|&a, &b| level(a).total_cmp(&level(b)));
            assert_eq!(loudest, Some(band));
            // Half the amplitude, times the root of the wavelet's length.
            let expected = 0.25 * (quality() * 22_050.0 / hz).sqrt();
            assert!((level(band) / expected - 1.0).abs() < 0.02, "{band}");
        }
    }
}
