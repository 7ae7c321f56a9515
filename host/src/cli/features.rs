//! `needledrop features`: an audio file goes in, its log-mel as .npy comes out.

use super::values::preset;
use needledrop_data::features;
use needledrop_data::progress::say;
use needledrop_frontend::{FftKind, FrontendConfig};
use std::path::PathBuf;

/// Write the frontend's own log-mel of a file as .npy, f32 dB [frames, bands].
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Audio file.
    pub(super) audio: PathBuf,
    /// File to write.
    #[arg(long, value_name = "FILE.npy")]
    pub(super) out: PathBuf,
    /// Frontend geometry: seed, mfcc, compact or tagger.
    #[arg(long, default_value = "seed")]
    pub(super) preset: String,
    /// FFT stage.
    #[arg(long, value_enum, default_value = "fixed")]
    pub(super) fft: Fft,
}

/// FFT stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Fft {
    /// Integer.
    Fixed,
    /// microfft, f32.
    Micro,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let fft = match self.fft {
            Fft::Fixed => FftKind::Fixed,
            Fft::Micro => FftKind::Micro,
        };
        let config = FrontendConfig {
            fft,
            ..preset(&self.preset)?
        };
        let values = features::log_mel_db(&self.audio, &config)?;
        features::write_npy(&self.out, &values, config.mel_bands)?;
        let frames = values.len() / config.mel_bands;
        say(format_args!(
            "{}: {frames} frames of {} bands",
            self.out.display(),
            config.mel_bands
        ));
        Ok(())
    }
}
