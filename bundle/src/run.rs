//! The run folder: what `needledrop train` leaves and `tools/export` reads.
use crate::{Error, InputKind, Norm, Origin, Window, write_atomic};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

/// File names of a run folder.
pub mod file {
    /// The record, [`super::RunRecord`].
    pub const RECORD: &str = "run.json";
    /// The network, a plain ONNX file.
    pub const MODEL: &str = "model.onnx";
    /// The network for whole songs, where the model learns from songs: as [`MODEL`], with a window of a song.
    pub const SONG: &str = "song.onnx";
    /// `i16 [songs * rows, bands]` validation songs, with [`SONG`] alone.
    pub const SONG_PARITY_X: &str = "song_parity_x.npy";
    /// `f32 [songs, classes]` burn's logits for them.
    pub const SONG_PARITY_LOGITS: &str = "song_parity_logits.npy";
    /// `i16 [64, frames, bands]` validation windows (`i16 [64, samples]` for input `pcm`).
    pub const PARITY_X: &str = "parity_x.npy";
    /// `f32 [64, classes]` the trainer's logits for them.
    pub const PARITY_LOGITS: &str = "parity_logits.npy";
    /// `f32 [64]` how far each one's answer is from another, in logits: of classic models alone, whose runtimes must
    /// agree on the class rather than on the logits.
    pub const PARITY_MARGINS: &str = "parity_margins.npy";
    /// `f32 [windows, classes]`.
    pub const VALID_LOGITS: &str = "valid_logits.npy";
    /// `i64 [windows]`.
    pub const VALID_LABELS: &str = "valid_labels.npy";
    /// window, clip, genre: one row a validation window.
    pub const VALID_CLIPS: &str = "valid_clips.csv";
    /// `i16 [256, frames, bands]` training windows.
    pub const CALIB_X: &str = "calib_x.npy";
    /// Metrics.
    pub const METRICS: &str = "metrics.json";
    /// epoch, rate, train loss, ... one row an epoch.
    pub const CURVES: &str = "curves.csv";
    /// Checkpoint folder.
    pub const CHECKPOINT: &str = "checkpoint";
}

/// Largest `run.json` that is read.
const MAX_BYTES: u64 = 16 << 20;

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
    /// What the graph takes.
    pub input: RunInput,
    /// What the graph does to it first.
    pub norm: Norm,
    /// Window and hop.
    pub window: Window,
    /// What made the windows.
    #[serde(flatten)]
    pub origin: Origin,
    /// Seed; 0 for an ensemble, which draws nothing.
    pub seed: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// SHA-256 of the weights file that training started from, 64 hex; none for random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained_sha256: Option<String>,
    /// What is to be said of what it was made from: where weights come from and under which licence, what they were trained
    /// on and for whom they are not, who taught it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Data digest, 64 hex.
    pub data_sha256: String,
    /// Split digest, 64 hex.
    pub split_sha256: String,
    /// Versions: `needledrop`, `burn`.
    pub versions: BTreeMap<String, String>,
    /// Runs that an ensemble averages; none for every other model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
}

/// A run that an ensemble averages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Name of its run folder.
    pub run: String,
    /// Architecture.
    pub model: String,
    /// Hyper-parameter preset.
    pub preset: String,
    /// Seed.
    pub seed: u64,
    /// Window and hop.
    pub window: Window,
    /// SHA-256 of its [`file::MODEL`], 64 hex.
    pub model_sha256: String,
}

/// What a run's graph takes: an input of the board, or one that only the workstation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunInput {
    /// [`InputKind::LogMel`].
    LogMel,
    /// [`InputKind::Pcm`].
    Pcm,
    /// `f32 [N, 518]`, the FMA paper's features of a whole clip: a study path that no model file can say.
    Fma518,
}

impl RunInput {
    /// What a model file says of this input; none when no board computes it.
    pub const fn on_board(self) -> Option<InputKind> {
        match self {
            Self::LogMel => Some(InputKind::LogMel),
            Self::Pcm => Some(InputKind::Pcm),
            Self::Fma518 => None,
        }
    }
}

impl RunRecord {
    /// Layout version this crate writes and reads.
    pub const FORMAT: u32 = 1;

    /// Reads `run.json` of a run folder.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Run`] when it is no record or one of another version.
    pub fn read(run: &Path) -> Result<Self, Error> {
        /// The version alone, which is read before anything that could have changed with it.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let path = run.join(file::RECORD);
        let failed = |reason| Error::Io {
            path: path.clone(),
            reason,
        };
        let mut text = String::new();
        File::open(&path)
            .map_err(failed)?
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let Version { format } =
            serde_json::from_str(&text).map_err(|reason| refused(&path, reason))?;
        if format != Self::FORMAT {
            let expected = Self::FORMAT;
            let step = if format > expected {
                "update this program"
            } else {
                "train the model again"
            };
            return Err(refused(
                &path,
                format!("run folder format {format}, this program reads {expected}; {step}"),
            ));
        }
        serde_json::from_str(&text).map_err(|reason| refused(&path, reason))
    }

    /// Writes `run.json`, atomically.
    ///
    /// # Errors
    /// [`Error::Io`]; the old record is untouched then.
    pub fn write(&self, run: &Path) -> Result<(), Error> {
        let path = run.join(file::RECORD);
        let mut text =
            serde_json::to_string_pretty(self).map_err(|reason| refused(&path, reason))?;
        text.push('\n');
        write_atomic(&path, text.as_bytes()).map_err(|reason| Error::Io { path, reason })
    }
}

fn refused(path: &Path, reason: impl ToString) -> Error {
    Error::Run {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
