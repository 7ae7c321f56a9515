//! What a frontend computes, as data.

/// Mel scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelScale {
    /// Slaney's Auditory Toolbox.
    Slaney,
    /// HTK.
    Htk,
}

/// Normalisation of the mel filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelNorm {
    /// Constant area.
    Slaney,
    /// Peak 1.
    None,
}

/// Which FFT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FftKind {
    /// Integer.
    Fixed,
    /// microfft f32.
    Micro,
}

/// Configuration of a frontend.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct FrontendConfig {
    /// Model rate.
    pub sample_rate_hz: u32,
    /// FFT length = window length, a power of two, 256..=4096.
    pub n_fft: usize,
    /// Hop.
    pub hop_samples: usize,
    /// Mel bands, 1..=128.
    pub mel_bands: usize,
    /// Lowest edge.
    pub f_min_hz: f64,
    /// Highest edge.
    pub f_max_hz: f64,
    /// Scale.
    pub mel_scale: MelScale,
    /// Norm.
    pub mel_norm: MelNorm,
    /// FFT.
    pub fft: FftKind,
}

/// What is wrong with a configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, _f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {}
    }
}

impl core::error::Error for ConfigError {}

impl FrontendConfig {
    /// Preset `seed`.
    pub const SEED: Self = Self {
        sample_rate_hz: 22_050,
        n_fft: 2048,
        hop_samples: 512,
        mel_bands: 128,
        f_min_hz: 0.0,
        f_max_hz: 11_025.0,
        mel_scale: MelScale::Slaney,
        mel_norm: MelNorm::Slaney,
        fft: FftKind::Fixed,
    };
    /// Preset by name (`seed`, `mfcc`, `compact`).
    pub fn preset(_name: &str) -> Option<Self> {
        todo!()
    }
    /// Name of the preset this is (whatever its FFT), if any.
    pub fn preset_name(&self) -> Option<&'static str> {
        todo!()
    }
    /// Checks it once.
    pub fn check(&self) -> Result<(), ConfigError> {
        todo!()
    }
    /// Frames in `samples` samples at the model rate.
    pub fn frames(&self, _samples: usize) -> usize {
        todo!()
    }
    /// Samples that `frames` frames cover.
    pub fn samples(&self, _frames: usize) -> usize {
        todo!()
    }
    /// Identity of everything that decides the output bits.
    #[cfg(feature = "alloc")]
    pub fn id(&self) -> Result<crate::FrontendId, ConfigError> {
        todo!()
    }
}
