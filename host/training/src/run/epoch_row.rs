//! A row of a network's `curves.csv`.

use serde::{Deserialize, Serialize};

/// One epoch in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// From 1.
    pub epoch: usize,
    /// Rate of the last step.
    pub rate: f64,
    /// Mean loss over the epoch's batches, on augmented windows and smoothed targets.
    pub train_loss: f64,
    /// Log-loss over the validation windows.
    pub valid_log_loss: f64,
    /// Accuracy over them.
    pub valid_accuracy: f64,
    /// Macro-F1 over them.
    pub valid_macro_f1: f64,
}
