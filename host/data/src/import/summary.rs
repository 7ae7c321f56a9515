//! What an import did, for people and for programs.

use super::scaling::Scaling;
use crate::prepare::Problem;
use crate::{DatasetRecord, Split};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The data set.
    pub out: PathBuf,
    /// Clips stored.
    pub clips: u64,
    /// Identity of the features.
    pub features: String,
    /// How values became decibels.
    #[serde(flatten)]
    pub scaling: Scaling,
    /// Values that were out of range and became the nearest one.
    pub saturated_values: u64,
    /// Every problem.
    pub problems: Vec<Problem>,
    /// `dataset.json`, without its list of shards.
    pub dataset: DatasetRecord,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splits: Vec<String> = Split::ALL
            .into_iter()
            .filter_map(|split| {
                Some(format!(
                    "{} {split}",
                    self.dataset.counts.get(&split)?.clips
                ))
            })
            .collect();
        writeln!(
            f,
            "{} clips ({}) of {} labels, features {}, value * {} {:+} dB, {} values saturated",
            self.clips,
            splits.join(", "),
            self.dataset.labels.len(),
            self.features,
            self.scaling.scale,
            self.scaling.offset,
            self.saturated_values
        )?;
        if self.dataset.leaking_groups > 0 {
            writeln!(
                f,
                "warning: {} clips or their copies are in more than one split: scores will be too good",
                self.dataset.leaking_groups
            )?;
        }
        write!(f, "{}", self.out.display())
    }
}
