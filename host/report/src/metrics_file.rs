//! What the page needs of `metrics.json`: what the logits can't tell. Whatever is missing is left out.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What is read of `metrics.json`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Multiply-adds for one window.
    pub multiply_adds: Option<u64>,
    /// Epochs trained.
    pub epochs: Option<usize>,
    /// The one whose weights were kept.
    pub best_epoch: Option<usize>,
    /// Training clips.
    pub train_clips: Option<usize>,
    /// Largest difference between the trainer's and tract's logits on the parity windows.
    pub parity_difference: Option<f64>,
    /// Steps a second, waiting included.
    pub steps_per_second: Option<f64>,
    /// Share of training that waited for data.
    pub wait_share: Option<f64>,
    /// How a classic model was fitted.
    pub classic: Option<Classic>,
    /// What an ensemble averages.
    pub ensemble: Option<Ensemble>,
}

/// What an ensemble averages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Ensemble {
    /// Validation windows left out, for want of a member's answer.
    pub left_out_windows: usize,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of an ensemble.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Member {
    /// Name of its run folder.
    pub run: String,
    /// Architecture.
    pub model: String,
    /// Seed.
    pub seed: u64,
}

/// How a classic model was fitted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Classic {
    /// Principal components kept, if asked for.
    pub pca: Option<usize>,
    /// Training windows used.
    pub windows: usize,
    /// What was chosen.
    pub chosen: BTreeMap<String, f64>,
}
