//! A network with what is needed to judge it: a run folder or a packed model goes in.

use super::error::Error;
use needledrop_bundle::{ModelFile, Origin, RunRecord, Window, file};
use needledrop_data::Kind;
use needledrop_data::window::hop_seconds_of;
use needledrop_infer::{Calibration, Net};
use std::path::{Path, PathBuf};

/// Whether a run folder has these files.
///
/// # Errors
/// [`Error::Unfinished`].
pub fn check_finished(run: &Path, files: &[&'static str]) -> Result<(), Error> {
    match files.iter().find(|file| !run.join(file).exists()) {
        None => Ok(()),
        Some(missing) => Err(Error::Unfinished {
            run: run.to_owned(),
            missing,
        }),
    }
}

/// A network with what is needed to judge it.
#[derive(Debug)]
pub struct Subject {
    pub(super) path: PathBuf,
    onnx: Vec<u8>,
    /// Labels in the order of the logits.
    pub labels: Vec<String>,
    /// Window.
    pub window: Window,
    pub(super) kind: Kind,
    pub(super) origin: Origin,
    pub(super) calibration: Calibration,
}

impl Subject {
    /// The network of a run folder, not calibrated.
    ///
    /// # Errors
    /// [`Error::Unfinished`], [`Error::Bundle`], [`Error::Io`].
    pub fn of_run(run: &Path) -> Result<Self, Error> {
        check_finished(run, &[file::RECORD, file::MODEL])?;
        let record = RunRecord::read(run)?;
        let path = run.join(file::MODEL);
        let onnx = std::fs::read(&path).map_err(|reason| Error::Io {
            path: path.clone(),
            reason,
        })?;
        Ok(Self {
            path,
            onnx,
            labels: record.labels,
            kind: record.input.into(),
            window: record.window,
            origin: record.origin,
            calibration: Calibration { temperature: 1.0 },
        })
    }

    /// A packed model, verified, with its calibration.
    ///
    /// # Errors
    /// [`Error::Bundle`].
    pub fn of_model(path: &Path) -> Result<Self, Error> {
        let ModelFile { metadata, onnx, .. } = ModelFile::read(path)?;
        Ok(Self {
            path: path.to_owned(),
            onnx,
            labels: metadata.labels,
            kind: metadata.input.into(),
            window: metadata.window,
            origin: metadata.origin,
            calibration: Calibration {
                temperature: f64::from(metadata.temperature),
            },
        })
    }

    /// Time between two windows; none of imported matrices.
    pub(super) fn hop_seconds(&self) -> Option<f64> {
        hop_seconds_of(&self.origin, self.kind, self.window)
    }

    /// Which of its labels a genre is.
    pub(super) fn label_of(&self, genre: &str) -> Option<usize> {
        self.labels.iter().position(|label| label == genre)
    }

    /// The network, ready to answer.
    pub(super) fn load(&self) -> Result<Net, Error> {
        let classes = self.labels.len();
        let net = match self.kind {
            Kind::Fma518 => Net::load_features(&self.onnx, self.window.bands, classes),
            _ => Net::load(&self.onnx, &self.window, classes),
        };
        net.map_err(|source| self.failed(source))
    }

    /// The runtime's error, with the model's name.
    pub(super) fn failed(&self, source: needledrop_infer::Error) -> Error {
        Error::Infer {
            path: self.path.clone(),
            source,
        }
    }
}
