//! One file's log-mel as an array `[frames, bands]` in dB, for looking at and for comparing with other tools.

use crate::npy;
use crate::staged_dir::write_file;
use crate::units::Q8_8_PER_DB;
use anyhow::Context;
use needledrop_audio::AudioFile;
use needledrop_frontend::{FrontendConfig, PcmFrontend};
use std::path::Path;

/// The frontend's log-mel of a file.
///
/// # Shape
/// `[frames, bands]`, row-major.
///
/// # Units
/// dB; every value is a whole number of 1/256 dB, and exact in `f32`.
///
/// # Errors
/// Names the file: not readable, no audio, shorter than one frame, or a rate the resampler does not take.
pub fn log_mel_db(audio: &Path, config: &FrontendConfig) -> anyhow::Result<Vec<f32>> {
    let mut file = AudioFile::open(audio)?;
    let mut frontend = PcmFrontend::new(config, file.sample_rate_hz())
        .with_context(|| audio.display().to_string())?;
    let mut values = Vec::new();
    let mut add =
        |frame: &[i16]| values.extend(frame.iter().map(|&step| f32::from(step) / Q8_8_PER_DB));
    while let Some(block) = file.next_block()? {
        frontend.push(block, &mut add);
    }
    frontend.finish(&mut add);
    anyhow::ensure!(
        !values.is_empty(),
        "{}: shorter than one frame ({} samples at the model's rate)",
        audio.display(),
        config.n_fft
    );
    Ok(values)
}

/// Writes `values` as `f32 [.., bands]` in NumPy's format, whole or not at all.
///
/// # Errors
/// The disk's.
pub fn write_npy(out: &Path, values: &[f32], bands: usize) -> anyhow::Result<()> {
    let bytes = npy::bytes(&[values.len() / bands, bands], values);
    write_file(out, &bytes)
}
