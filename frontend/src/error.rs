//! What can be wrong before the first sample.

use crate::config::{MAX_MEL_BANDS, MAX_N_FFT, MAX_RATE_HZ, MIN_N_FFT, MIN_RATE_HZ};

/// Why a frontend or resampler was not built.
///
/// All of it is found at construction; processing never fails.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The FFT length is not a power of two in the supported range.
    #[error("FFT length {n_fft}: expected a power of two from {MIN_N_FFT} to {MAX_N_FFT}")]
    FftLength {
        /// The length asked for, samples.
        n_fft: usize,
    },
    /// The hop is zero.
    #[error("hop of 0 samples: expected 1 to the FFT length, {n_fft}")]
    HopZero {
        /// FFT length, samples.
        n_fft: usize,
    },
    /// Samples between frames would be heard by none.
    #[error(
        "hop longer than the window: {hop_samples} samples against {n_fft}; shorten the hop or take a longer FFT"
    )]
    HopTooLong {
        /// The hop asked for, samples.
        hop_samples: usize,
        /// FFT length, samples.
        n_fft: usize,
    },
    /// The number of bands is out of range.
    #[error("{mel_bands} mel bands: expected 1 to {MAX_MEL_BANDS}")]
    MelBands {
        /// The number asked for.
        mel_bands: usize,
    },
    /// The lowest edge is negative, not a number, or not below the highest.
    #[error("f_min {f_min_hz} Hz: expected 0 or more and below f_max, {f_max_hz} Hz")]
    FMin {
        /// Lowest edge, Hz.
        f_min_hz: f64,
        /// Highest edge, Hz.
        f_max_hz: f64,
    },
    /// The highest edge is above half the sample rate, or not a number.
    #[error("f_max above Nyquist: {f_max_hz} Hz against {nyquist_hz} Hz; lower f_max")]
    FMaxAboveNyquist {
        /// Highest edge, Hz.
        f_max_hz: f64,
        /// Half the sample rate, Hz.
        nyquist_hz: f64,
    },
    /// A band lies between two FFT bins, so that it would never hear anything.
    #[error(
        "band {band} holds no bin: fewer bands or a longer FFT (now {mel_bands} bands, {n_fft} points)"
    )]
    EmptyBand {
        /// Index of the band, from 0.
        band: usize,
        /// Number of bands.
        mel_bands: usize,
        /// FFT length, samples.
        n_fft: usize,
    },
    /// A sample rate is outside what the resampler and the tables are proven for.
    #[error("sample rate {rate_hz} Hz: expected {MIN_RATE_HZ} to {MAX_RATE_HZ}")]
    SampleRate {
        /// The rate asked for, Hz.
        rate_hz: u32,
    },
    /// Two rates whose ratio needs a larger filter than the resampler holds.
    #[error(
        "cannot resample {input_hz} Hz to {output_hz} Hz: the ratio needs too many coefficients; \
         convert the sound to 44100 or 48000 Hz first"
    )]
    ResamplerRatio {
        /// Rate of the input, Hz.
        input_hz: u32,
        /// Rate of the output, Hz.
        output_hz: u32,
    },
    /// The lent storage is too small.
    #[error(
        "lent storage holds {actual} {cell} cells, {expected} are needed; size it with StorageSize"
    )]
    Storage {
        /// Type of the cells that ran out.
        cell: &'static str,
        /// Cells needed.
        expected: usize,
        /// Cells lent.
        actual: usize,
    },
}
