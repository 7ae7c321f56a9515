//! What a frontend computes, as data: the configuration, and the bounds within which the others are proven.

/// Shortest FFT, samples.
pub const MIN_N_FFT: usize = 256;
/// Longest FFT, samples; the headroom proofs of docs/numerics.md hold up to it.
pub const MAX_N_FFT: usize = 4096;
/// Most mel bands.
pub const MAX_MEL_BANDS: usize = 128;
/// Lowest sample rate, Hz.
pub(crate) const MIN_RATE_HZ: u32 = 4_000;
/// Highest sample rate, Hz.
pub(crate) const MAX_RATE_HZ: u32 = 192_000;

/// Mel scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum MelScale {
    /// Slaney's Auditory Toolbox: linear below 1 kHz, logarithmic above (librosa's default).
    Slaney,
    /// HTK: 2595 log10(1 + f / 700).
    Htk,
}

/// Normalisation of the mel filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum MelNorm {
    /// Constant area: each triangle is scaled by 2 / (its width in Hz) (librosa's default).
    Slaney,
    /// Peak 1.
    None,
}

/// Which FFT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum FftKind {
    /// Our own integer one: the same bits on every target, and the cheapest.
    Fixed,
    /// `microfft`'s f32 one, for boards with a single-precision FPU and no fast 64-bit multiply.
    Micro,
}

/// Configuration of a frontend: plain data, checked once by [`FrontendConfig::check`].
///
/// Frame k covers samples `k * hop_samples .. k * hop_samples + n_fft`, without centring or padding.
///
/// ```
/// use needledrop_frontend::{ConfigError, FrontendConfig};
///
/// let config = FrontendConfig { hop_samples: 4096, ..FrontendConfig::SEED };
/// assert_eq!(
///     config.check(),
///     Err(ConfigError::HopTooLong { hop_samples: 4096, n_fft: 2048 })
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct FrontendConfig {
    /// Model rate, Hz, 4000..=192000.
    pub sample_rate_hz: u32,
    /// FFT length = window length, samples, a power of two, 256..=4096. The window is a periodic Hann.
    pub n_fft: usize,
    /// Samples from one frame to the next, 1..=n_fft.
    pub hop_samples: usize,
    /// Mel bands, 1..=128.
    pub mel_bands: usize,
    /// Lowest edge of the lowest band, Hz.
    pub f_min_hz: f64,
    /// Highest edge of the highest band, Hz, up to half the sample rate.
    pub f_max_hz: f64,
    /// Mel scale.
    pub mel_scale: MelScale,
    /// Normalisation of the mel filters.
    pub mel_norm: MelNorm,
    /// Which FFT.
    pub fft: FftKind,
}

impl FrontendConfig {
    /// Frames in `samples` samples at the model rate: 1 + (samples - n_fft) / hop, 0 when shorter than one window.
    ///
    /// ```
    /// use needledrop_frontend::FrontendConfig;
    ///
    /// assert_eq!(FrontendConfig::SEED.frames(2047), 0);
    /// assert_eq!(FrontendConfig::SEED.frames(2048), 1);
    /// assert_eq!(FrontendConfig::SEED.frames(30 * 22_050), 1288);
    /// ```
    #[must_use]
    pub const fn frames(&self, samples: usize) -> usize {
        match samples.checked_sub(self.n_fft) {
            Some(after_first) => 1 + after_first / self.hop_samples,
            None => 0,
        }
    }

    /// Samples at the model rate that `frames` frames cover: the fewest that give so many; 0 for 0.
    ///
    /// ```
    /// use needledrop_frontend::FrontendConfig;
    ///
    /// let config = FrontendConfig::SEED;
    /// assert_eq!(config.frames(config.samples(128)), 128);
    /// assert_eq!(config.frames(config.samples(128) - 1), 127);
    /// ```
    #[must_use]
    pub const fn samples(&self, frames: usize) -> usize {
        match frames.checked_sub(1) {
            Some(hops) => self
                .n_fft
                .saturating_add(hops.saturating_mul(self.hop_samples)),
            None => 0,
        }
    }
}
