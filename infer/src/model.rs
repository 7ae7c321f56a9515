//! A model file from disk to a network ready to run: a path in, verified metadata and the loaded graph out.
use crate::{Calibration, Error, Net};
use needledrop_bundle::{Frontend, Metadata, ModelFile};
use std::path::Path;

/// A verified model file with its graph loaded.
#[derive(Debug)]
pub struct Model {
    /// What the model says about itself.
    pub metadata: Metadata,
    /// Digest, 64 hex.
    pub sha256: String,
    /// Graph.
    pub net: Net,
}

impl Model {
    /// Reads, verifies and loads a model that hears live input: digest, format, graph, and the frontend id against the
    /// one that this build computes.
    ///
    /// # Errors
    /// [`Error::Bundle`] for the file, [`Error::NotLive`] for a model of imported features, and those of [`Net::load`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_signed(path, None)
    }

    /// As [`Model::open`]; with a public key, the model must be signed by it
    /// ([`ModelFile::check_signature`]).
    ///
    /// # Errors
    /// As [`Model::open`], and `needledrop_bundle::Error::Signature`.
    pub fn open_signed(path: &Path, key: Option<&Path>) -> Result<Self, Error> {
        let file = ModelFile::read(path)?;
        file.check_signature(path, key)?;
        let name = path.display().to_string();
        live_frontend(&file.metadata, &name)?;
        file.metadata.check_frontend(&name)?;
        Self::load(file)
    }

    /// Loads a verified file without asking where its features came from: for evaluation on stored windows, whose
    /// frontend id the caller compares with the model's.
    ///
    /// # Errors
    /// Those of [`Net::load`].
    pub fn load(file: ModelFile) -> Result<Self, Error> {
        let ModelFile {
            metadata,
            sha256,
            onnx,
            ..
        } = file;
        let net = Net::load(&onnx, &metadata.window, metadata.labels.len())?;
        Ok(Self {
            metadata,
            sha256,
            net,
        })
    }

    /// The frontend that makes its input.
    ///
    /// # Errors
    /// [`Error::NotLive`] for a model of imported features, which [`Model::open`] has refused before.
    pub fn frontend(&self) -> Result<&Frontend, Error> {
        live_frontend(&self.metadata, &self.metadata.name)
    }

    /// Its calibration.
    pub fn calibration(&self) -> Calibration {
        Calibration {
            temperature: f64::from(self.metadata.temperature),
        }
    }
}

fn live_frontend<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a Frontend, Error> {
    metadata.origin.frontend().ok_or_else(|| Error::NotLive {
        name: name.to_owned(),
        external: metadata.origin.to_string(),
    })
}
