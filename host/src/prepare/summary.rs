//! What a run did, for people and for programs.

use super::{Layout, Problem, ProblemKind};
use crate::data::{DatasetRecord, Split};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The data set.
    pub out: PathBuf,
    /// How genres were found; absent when a finished data set was left as it is.
    pub layout: Option<Layout>,
    /// Clips stored.
    pub clips: u64,
    /// Clips that repeat another one's audio.
    pub duplicates: u64,
    /// How many problems of each kind.
    pub problem_counts: BTreeMap<&'static str, u64>,
    /// Every problem.
    pub problems: Vec<Problem>,
    /// Chunks taken over from a killed run.
    pub reused_chunks: u64,
    /// Length of all clips.
    pub audio_seconds: f64,
    /// How long the run took.
    pub wall_seconds: f64,
    /// `dataset.json`, without its list of shards.
    pub dataset: DatasetRecord,
}

impl Summary {
    /// Counts problems by kind.
    pub(crate) fn count(problems: &[Problem]) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for problem in problems {
            *counts.entry(problem.kind.name()).or_default() += 1;
        }
        counts
    }

    fn left_out(&self) -> usize {
        self.problems
            .iter()
            .filter(|problem| !problem.kind.is_kept())
            .count()
    }
}

impl fmt::Display for Summary {
    /// A table of clips by genre and split, then what is worth knowing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .dataset
            .labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0)
            .max(5);
        writeln!(
            f,
            "{:width$}  {:>6} {:>6} {:>6}",
            "genre", "train", "valid", "test"
        )?;
        let count = |split: Split, label: &str| {
            self.dataset
                .counts
                .get(&split)
                .and_then(|counts| counts.by_label.get(label))
                .copied()
                .unwrap_or(0)
        };
        for label in &self.dataset.labels {
            let [train, valid, test] = Split::ALL.map(|split| count(split, label));
            writeln!(f, "{label:width$}  {train:>6} {valid:>6} {test:>6}")?;
        }
        let [train, valid, test] = Split::ALL.map(|split| {
            self.dataset
                .counts
                .get(&split)
                .map_or(0, |counts| counts.clips)
        });
        writeln!(f, "{:width$}  {train:>6} {valid:>6} {test:>6}", "all")?;
        writeln!(
            f,
            "{} clips, {:.2} h of audio, {} left out, {} with the audio of another, split {}, {} groups in two splits",
            self.clips,
            self.audio_seconds / 3600.0,
            self.left_out(),
            self.duplicates,
            self.dataset.split_rule,
            self.dataset.leaking_groups,
        )?;
        for problem in self
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::FewGroups)
        {
            writeln!(f, "{problem}")?;
        }
        if !self.problem_counts.is_empty() {
            let kinds: Vec<String> = self
                .problem_counts
                .iter()
                .map(|(kind, count)| format!("{count} {kind}"))
                .collect();
            writeln!(f, "problems: {} (listed in problems.csv)", kinds.join(", "))?;
        }
        write!(f, "{} in {:.1} s", self.out.display(), self.wall_seconds)
    }
}
