//! `metrics.json`: figures of a finished run, and what they cost.

use needledrop_judging::metrics;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the time of this process went; a resumed run counts from its resumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Epochs.
    pub epochs: usize,
    /// Steps.
    pub steps: usize,
    /// In forward, backward and optimizer.
    pub step_seconds: f64,
    /// Waiting for batches.
    pub wait_seconds: f64,
    /// On validation.
    pub score_seconds: f64,
    /// In layers that do not learn, once a window; 0 when all learn.
    pub frozen_seconds: f64,
}

impl Timing {
    /// Steps a second of training, waiting included; none when nothing was trained.
    pub fn steps_per_second(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.steps as f64 / (self.step_seconds + self.wait_seconds))
    }

    /// Share of training that waited for data.
    pub fn wait_share(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.wait_seconds / (self.step_seconds + self.wait_seconds))
    }
}

/// `metrics.json`, and what `train --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Architecture.
    pub model: String,
    /// Hyper-parameter preset.
    pub preset: String,
    /// Seed.
    pub seed: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds for one window.
    pub multiply_adds: u64,
    /// Epochs trained; 0 for a classic model, which is solved.
    pub epochs: usize,
    /// The one whose weights were kept.
    pub best_epoch: usize,
    /// How a classic model was fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classic: Option<Classic>,
    /// What an ensemble averages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<Averaged>,
    /// Training clips.
    pub train_clips: usize,
    /// Figures on the validation split, before calibration.
    pub valid: Valid,
    /// Largest difference between the trainer's and tract's logits on the parity windows.
    pub parity_difference: f64,
    /// Parity windows of a classic model that tract gives another class, by a margin that is smaller than allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parity_other_class: Vec<usize>,
    /// Where the time went.
    pub timing: Timing,
    /// Steps a second, waiting included.
    pub steps_per_second: Option<f64>,
    /// Share of training that waited for data.
    pub wait_share: Option<f64>,
}

/// Figures on the validation split.
#[derive(Clone, Debug, Serialize)]
pub struct Valid {
    /// By clip: mean of its windows' probabilities.
    pub clips: metrics::Summary,
    /// By clip: what most windows say, of equals the larger mean.
    pub majority: metrics::VoteSummary,
    /// By segment of ten seconds: mean of the windows that start in it.
    pub segments: metrics::Summary,
    /// By window.
    pub windows: metrics::Summary,
    /// By song, as the network that pools a song's windows answers, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub songs: Option<metrics::Summary>,
}

impl Valid {
    pub(crate) fn new(figures: metrics::Figures, songs: Option<metrics::Summary>) -> Self {
        let metrics::Figures {
            clips,
            majority,
            segments,
            windows,
        } = figures;
        Self {
            clips,
            majority,
            segments,
            windows,
            songs,
        }
    }
}

/// How a classic model was fitted.
#[derive(Clone, Debug, Serialize)]
pub struct Classic {
    /// Principal components kept, if asked for.
    pub pca: Option<usize>,
    /// Training windows used.
    pub windows: usize,
    /// What was chosen among the rows of `curves.csv`.
    pub chosen: BTreeMap<&'static str, f64>,
}

/// What an ensemble averages.
#[derive(Clone, Debug, Serialize)]
pub struct Averaged {
    /// Where the validation figures come from.
    pub valid_from: ValidFrom,
    /// Validation windows that they leave out, for want of a member's answer.
    pub left_out_windows: usize,
    /// The members.
    pub members: Vec<AveragedMember>,
}

/// Where an ensemble's validation figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidFrom {
    /// The logits that the members kept of validation windows.
    Members,
    /// Running the members on every validation window of the data set.
    Data,
    /// Running the members on the few validation windows that the one with the longest window kept.
    Parity,
}

/// One member, by itself, on the ensemble's windows.
#[derive(Clone, Debug, Serialize)]
pub struct AveragedMember {
    /// Name of its run folder.
    pub run: String,
    /// Architecture.
    pub model: String,
    /// Seed.
    pub seed: u64,
    /// Its figures on the same windows.
    pub windows: metrics::Summary,
}
