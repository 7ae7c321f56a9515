//! Presets: configurations with a name.

use crate::config::{FftKind, FrontendConfig, MelNorm, MelScale};

impl FrontendConfig {
    /// Preset `seed`: librosa's own defaults, which the reference articles use.
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

    /// Preset `mfcc`: shorter window and 40 bands, for models whose graph takes a DCT.
    pub const MFCC: Self = Self {
        n_fft: 1024,
        mel_bands: 40,
        ..Self::SEED
    };

    /// Preset `compact`: 16 kHz, 1024/512, 64 bands, a third of `seed`'s cost per second of sound.
    ///
    /// 16 kHz divides the usual 48 kHz of a microphone by an integer, a frame every 32 ms keeps rhythm, and 64 bands
    /// are half the numbers a frame for a net to read. Judged by mean and deviation of the bands alone, which cannot
    /// see rhythm, 128 bands at 8 kHz keep more for half of the cost: the table is in docs/benchmarks.md. The lowest edge
    /// leaves out rumble.
    pub const COMPACT: Self = Self {
        sample_rate_hz: 16_000,
        n_fft: 1024,
        hop_samples: 512,
        mel_bands: 64,
        f_min_hz: 40.0,
        f_max_hz: 8_000.0,
        ..Self::SEED
    };

    /// All presets with their names.
    pub const PRESETS: [(&'static str, Self); 3] = [
        ("seed", Self::SEED),
        ("mfcc", Self::MFCC),
        ("compact", Self::COMPACT),
    ];

    /// The preset of this name: `seed`, `mfcc` or `compact`.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        Self::PRESETS
            .iter()
            .find(|(preset, _)| *preset == name)
            .map(|&(_, config)| config)
    }

    /// Name of the preset this is, whatever its FFT; `None` when it is none of them.
    ///
    /// ```
    /// use needledrop_frontend::{FftKind, FrontendConfig};
    ///
    /// let config = FrontendConfig { fft: FftKind::Micro, ..FrontendConfig::COMPACT };
    /// assert_eq!(config.preset_name(), Some("compact"));
    /// ```
    #[must_use]
    pub fn preset_name(&self) -> Option<&'static str> {
        let fixed = Self {
            fft: FftKind::Fixed,
            ..*self
        };
        Self::PRESETS
            .iter()
            .find(|(_, config)| *config == fixed)
            .map(|&(name, _)| name)
    }
}
