//! A verified model, ready to run.
use crate::{Calibration, Error, Net};
use needledrop_bundle::Metadata;
use std::path::Path;

/// Model file plus loaded graph.
pub struct Model {
    /// Metadata.
    pub metadata: Metadata,
    /// Digest, 64 hex.
    pub sha256: String,
    /// Graph.
    pub net: Net,
}

impl Model {
    /// Reads, verifies (digest, format, frontend id against this build's) and loads.
    pub fn open(_path: &Path) -> Result<Self, Error> {
        todo!()
    }
    /// Its calibration.
    pub fn calibration(&self) -> Calibration {
        todo!()
    }
}
