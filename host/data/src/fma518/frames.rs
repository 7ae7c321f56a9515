//! How a clip is cut into frames, the same for every series (rate, hop, length, the bins of a frame's spectrum), and
//! series over them.

/// Rate of the PCM that [`Fma518::compute`](super::Fma518::compute) takes.
pub const SAMPLE_RATE_HZ: u32 = 22_050;

/// Samples from one frame to the next.
pub(super) const HOP_SAMPLES: usize = 512;
/// FFT length of the short-time spectrum, and window of the zero crossings, in samples.
pub(super) const FFT_LEN: usize = 2048;
/// Bins of the short-time spectrum.
pub(super) const BINS: usize = FFT_LEN / 2 + 1;

/// Frames of a signal of `samples` samples, one a hop and one at its end.
pub(super) const fn frames(samples: usize, hop_samples: usize) -> usize {
    1 + samples / hop_samples
}

/// Frequency of a bin.
pub(super) fn bin_hz(bin: usize) -> f64 {
    bin as f64 * f64::from(SAMPLE_RATE_HZ) / FFT_LEN as f64
}

/// Several series: `rows[r][frame]`.
pub(super) type Rows = Vec<Vec<f64>>;

/// A sum or maximum below this counts as nothing to normalise by.
pub(super) const TINY: f64 = f64::MIN_POSITIVE;
