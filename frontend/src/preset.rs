//! Presets: names to configurations, and back.

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

    /// Preset `compact`: 22.05 kHz, 512/512, 64 bands, a quarter of `seed`'s cost per second of sound.
    ///
    /// Chosen by trained nets and counted instructions: the cheapest geometry of those that keep what tells genres
    /// apart (the table and the rule are in docs/geometry.md). The lowest edge leaves out rumble.
    pub const COMPACT: Self = Self {
        n_fft: 512,
        mel_bands: 64,
        f_min_hz: 40.0,
        ..Self::SEED
    };

    /// Preset `tagger`: 16 kHz, 512/256, 96 bands to 8 kHz, what the published tagger behind `musicnn` hears.
    ///
    /// # Source
    /// J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging, 2019.
    pub const TAGGER: Self = Self {
        sample_rate_hz: 16_000,
        n_fft: 512,
        hop_samples: 256,
        mel_bands: 96,
        f_max_hz: 8_000.0,
        ..Self::SEED
    };

    /// All presets with their names.
    pub const PRESETS: [(&'static str, Self); 4] = [
        ("seed", Self::SEED),
        ("mfcc", Self::MFCC),
        ("compact", Self::COMPACT),
        ("tagger", Self::TAGGER),
    ];

    /// The preset of this name: `seed`, `mfcc`, `compact` or `tagger`.
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
