//! Audio in: files and device samples to mono 16-bit PCM (skeleton).
//!
//! The one PCM rule of needledrop lives here: downmix to mono in f32, round to i16 saturating; 16-bit mono passes unchanged.

use std::path::Path;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {}

/// A file being decoded, block by block, as mono PCM at the file's own rate.
pub struct AudioFile {}

impl AudioFile {
    /// Opens and probes.
    pub fn open(_path: &Path) -> Result<Self, Error> {
        todo!()
    }
    /// Rate of the PCM.
    pub fn sample_rate_hz(&self) -> u32 {
        todo!()
    }
    /// Next block of mono PCM; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<&[i16]>, Error> {
        todo!()
    }
}

/// Interleaved f32 samples (full scale 1.0) to mono PCM, appended to `out`.
pub fn downmix_f32(_interleaved: &[f32], _channels: usize, _out: &mut Vec<i16>) {
    todo!()
}
