//! `needledrop.*` metadata of a model.
use needledrop_frontend::{FrontendConfig, FrontendId};
use serde::{Deserialize, Serialize};

/// The reserved label, always last.
pub const NO_MUSIC: &str = "no-music";

/// What goes into the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum InputKind {
    /// `int16 [N, frames, bands]`, Q8.8 dB.
    LogMel,
    /// `int16 [N, samples]`.
    Pcm,
}

/// Normalisation done by the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Norm {
    /// One mean and one deviation over the window, divisor max(deviation, 1 dB).
    Window,
    /// Trailing average of N frames subtracted. (`trailing:N` as metadata text)
    Trailing(u32),
    /// None.
    None,
}

/// Window of a model in rows: log-mel frames, or PCM samples for input `pcm` (bands 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Rows in a window.
    pub frames: usize,
    /// Rows between two windows.
    pub hop: usize,
    /// Values in a row.
    pub bands: usize,
}

/// Parameters of the decision on the board.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Probability per second that the genre stays what it is.
    pub stay: f64,
    /// Below this posterior the state is `uncertain`, unless a per-class threshold says otherwise.
    pub confident: f64,
    /// Level gate.
    pub gate_dbfs: f64,
}

/// All metadata of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Name given at export.
    pub name: String,
    /// Architecture, `compact`.
    pub model: String,
    /// Labels in the order of the logits; `no-music`, if there, last.
    pub labels: Vec<String>,
    /// Input.
    pub input: InputKind,
    /// Norm.
    pub norm: Norm,
    /// Frontend.
    pub frontend: FrontendConfig,
    /// Its identity.
    pub frontend_id: FrontendId,
    /// Window.
    pub window: Window,
    /// Logits are divided by this before softmax.
    pub temperature: f32,
    /// Per class: least posterior at which the class is said.
    pub thresholds: Vec<f32>,
    /// Decision.
    pub decision: Decision,
    /// SHA-256 of the data set, 64 hex.
    pub data_sha256: String,
    /// SHA-256 of the split lists, 64 hex.
    pub split_sha256: String,
    /// Metrics with their protocol, a JSON object.
    pub metrics: serde_json::Value,
    /// Seed of the run.
    pub seed: u64,
    /// Versions of what made it: `needledrop`, `burn`.
    pub versions: std::collections::BTreeMap<String, String>,
    /// Keys under `needledrop.` that this version does not know; kept.
    pub unknown: std::collections::BTreeMap<String, String>,
}
