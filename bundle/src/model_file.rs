//! Reading, sealing, verifying.
use crate::Metadata;
use std::path::Path;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {}

/// A verified model file: digest checked, metadata parsed, format version understood.
pub struct ModelFile {
    /// Metadata.
    pub metadata: Metadata,
    /// The value of `needledrop.sha256`, 64 hex.
    pub sha256: String,
    /// The file's bytes, for the runtime.
    pub onnx: Vec<u8>,
}

impl ModelFile {
    /// Reads and verifies a file.
    pub fn read(_path: &Path) -> Result<Self, Error> {
        todo!()
    }
    /// Verifies bytes; `name` names them in errors.
    pub fn from_bytes(_name: &str, _bytes: Vec<u8>) -> Result<Self, Error> {
        todo!()
    }
}

/// Puts metadata and digest into a plain ONNX file (replacing any `needledrop.*` of before); other metadata stays.
pub fn seal(_onnx: &[u8], _metadata: &Metadata) -> Result<Vec<u8>, Error> {
    todo!()
}
