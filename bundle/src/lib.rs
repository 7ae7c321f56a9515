//! The model file contract (skeleton).
mod metadata;
mod model_file;
mod run;

pub use metadata::{Decision, InputKind, Metadata, Norm, Window, NO_MUSIC};
pub use model_file::{Error, ModelFile, seal};
pub use run::{RunRecord, file};

/// Writes a file whole or not at all (temporary file beside it, flushed to disk, renamed).
///
/// # Errors
/// The operating system's, for example a full disk; nothing is left behind then.
pub fn write_atomic(_path: &std::path::Path, _bytes: &[u8]) -> std::io::Result<()> {
    todo!()
}
