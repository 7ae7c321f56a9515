//! Whether a configuration or a sample rate is one that can be built: each rule once, at construction.

use crate::config::{
    FrontendConfig, MAX_MEL_BANDS, MAX_N_FFT, MAX_RATE_HZ, MIN_N_FFT, MIN_RATE_HZ,
};
use crate::error::ConfigError;
use crate::tables;

impl FrontendConfig {
    /// Checks everything once; a configuration that passes can be built.
    ///
    /// # Errors
    /// One variant of [`ConfigError`] for each thing that can be wrong, with the values.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self {
            n_fft,
            hop_samples,
            mel_bands,
            f_min_hz,
            f_max_hz,
            ..
        } = *self;
        check_rate(self.sample_rate_hz)?;
        if !n_fft.is_power_of_two() || !(MIN_N_FFT..=MAX_N_FFT).contains(&n_fft) {
            return Err(ConfigError::FftLength { n_fft });
        }
        if hop_samples == 0 {
            return Err(ConfigError::HopZero { n_fft });
        }
        if hop_samples > n_fft {
            return Err(ConfigError::HopTooLong { hop_samples, n_fft });
        }
        if !(1..=MAX_MEL_BANDS).contains(&mel_bands) {
            return Err(ConfigError::MelBands { mel_bands });
        }
        let nyquist_hz = tables::nyquist_hz(self.sample_rate_hz);
        if f_max_hz.is_nan() || f_max_hz > nyquist_hz {
            return Err(ConfigError::FMaxAboveNyquist {
                f_max_hz,
                nyquist_hz,
            });
        }
        if !(f_min_hz >= 0.0 && f_min_hz < f_max_hz) {
            return Err(ConfigError::FMin { f_min_hz, f_max_hz });
        }
        match tables::mel::first_empty_band(self) {
            Some(band) => Err(ConfigError::EmptyBand {
                band,
                mel_bands,
                n_fft,
            }),
            None => Ok(()),
        }
    }
}

/// Refuses sample rates outside the proven range.
pub(crate) const fn check_rate(rate_hz: u32) -> Result<(), ConfigError> {
    if rate_hz < MIN_RATE_HZ || rate_hz > MAX_RATE_HZ {
        return Err(ConfigError::SampleRate { rate_hz });
    }
    Ok(())
}
