//! The run folder: what `needledrop train` leaves and `tools/export` reads.
use crate::{Error, InputKind, Norm, Window};
use needledrop_frontend::{FrontendConfig, FrontendId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// File names of a run folder.
pub mod file {
    /// The record.
    pub const RECORD: &str = "run.json";
    /// The network.
    pub const MODEL: &str = "model.onnx";
    /// i16 [64, frames, bands] validation windows.
    pub const PARITY_X: &str = "parity_x.npy";
    /// f32 [64, classes] burn's logits for them.
    pub const PARITY_LOGITS: &str = "parity_logits.npy";
    /// f32 [windows, classes].
    pub const VALID_LOGITS: &str = "valid_logits.npy";
    /// i64 [windows].
    pub const VALID_LABELS: &str = "valid_labels.npy";
    /// window, clip, genre: one row a validation window.
    pub const VALID_CLIPS: &str = "valid_clips.csv";
    /// i16 [256, frames, bands] training windows.
    pub const CALIB_X: &str = "calib_x.npy";
    /// Metrics.
    pub const METRICS: &str = "metrics.json";
    /// epoch, rate, train loss, ... one row an epoch.
    pub const CURVES: &str = "curves.csv";
    /// Checkpoint folder.
    pub const CHECKPOINT: &str = "checkpoint";
}

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of this layout.
    pub format: u32,
    /// Architecture, `compact`.
    pub model: String,
    /// Hyper-parameter preset, `best` or `article`.
    pub preset: String,
    /// Labels in the order of the logits.
    pub labels: Vec<String>,
    /// Input.
    pub input: InputKind,
    /// Norm in the graph.
    pub norm: Norm,
    /// Window.
    pub window: Window,
    /// Frontend.
    pub frontend: FrontendConfig,
    /// Its identity.
    pub frontend_id: FrontendId,
    /// Seed.
    pub seed: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// Data digest, 64 hex.
    pub data_sha256: String,
    /// Split digest, 64 hex.
    pub split_sha256: String,
    /// Versions: `needledrop`, `burn`.
    pub versions: BTreeMap<String, String>,
}

impl RunRecord {
    /// Layout version this crate writes and reads.
    pub const FORMAT: u32 = 1;
    /// Reads `run.json` of a run folder.
    pub fn read(_run: &Path) -> Result<Self, Error> {
        todo!()
    }
    /// Writes it, atomically.
    pub fn write(&self, _run: &Path) -> Result<(), Error> {
        todo!()
    }
}
