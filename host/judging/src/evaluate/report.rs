//! What judging found, as one object for programs.

use crate::metrics::{Segments, Summary, VoteSummary};
use needledrop_data::Split;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `evaluate --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Labels in the order of rows and columns.
    pub labels: Vec<String>,
    /// Clips by true label (rows) and answer (columns).
    pub confusion: Vec<Vec<u64>>,
    /// By clip: mean of its windows' probabilities.
    pub clips: Summary,
    /// By clip: what most windows say, of equals the larger mean.
    pub majority: VoteSummary,
    /// By segment: mean of the windows that start in it.
    pub segments: Summary,
    /// By window.
    pub windows: Summary,
    /// Clips by true label (rows) and what most windows say (columns).
    pub majority_confusion: Vec<Vec<u64>>,
    /// Segments by true label (rows) and answer (columns).
    pub segment_confusion: Vec<Vec<u64>>,
    /// Windows by true label (rows) and answer (columns).
    pub window_confusion: Vec<Vec<u64>>,
    /// How clips were cut into segments.
    pub segment_rule: Segments,
    /// Which split.
    pub split: Split,
    /// Softmax temperature; 1 for a run, which is not calibrated.
    pub temperature: f64,
    /// Clips left out because the model has no such label, by genre.
    pub unknown_genres: BTreeMap<String, u64>,
    /// Clips left out because they hold no frame.
    pub empty_clips: u64,
}
