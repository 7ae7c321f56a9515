//! A row of `valid_clips.csv`, as `files` writes it: which clip a validation window is of.

use serde::Deserialize;

/// The clip of a validation window; the column `window`, which counts the rows, is left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct ClipRow {
    /// Identity.
    pub clip: String,
    /// Name of its label.
    pub genre: String,
}

impl ClipRow {
    /// Index of its label.
    pub(crate) fn label(&self, labels: &[String]) -> Option<usize> {
        labels.iter().position(|label| *label == self.genre)
    }
}
