//! What a run that prepared a whole data set did, for people and for programs.

use super::layout::Layout;
use super::problem::{self, Problem, ProblemKind};
use crate::{DatasetRecord, Split, label_width, memory};
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
    /// Clips of a recording that another one has, encoded, cut or amplified otherwise.
    pub near_duplicates: u64,
    /// Groups (artist, album, duplicates) in more than one split: 0 but for official splits.
    pub leaking_groups: u64,
    /// How many problems of each kind: what was left out, and what was kept and noted.
    pub problem_counts: BTreeMap<&'static str, u64>,
    /// Every problem.
    pub problems: Vec<Problem>,
    /// Chunks taken over from a killed run.
    pub reused_chunks: u64,
    /// Shards taken over from a killed run.
    pub reused_shards: u64,
    /// Length of all clips.
    pub audio_seconds: f64,
    /// How long the run took.
    pub wall_seconds: f64,
    /// Most memory the program held, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// `dataset.json`, without its list of shards.
    pub dataset: DatasetRecord,
}

impl Summary {
    /// What `dataset.json` tells, and nothing of a run.
    pub(super) fn of_record(out: PathBuf, record: DatasetRecord) -> Self {
        Self {
            out,
            layout: None,
            clips: record.counts.values().map(|counts| counts.clips).sum(),
            duplicates: 0,
            near_duplicates: 0,
            leaking_groups: record.leaking_groups,
            problem_counts: BTreeMap::new(),
            problems: Vec::new(),
            reused_chunks: 0,
            reused_shards: 0,
            audio_seconds: record.counts.values().map(|counts| counts.seconds).sum(),
            wall_seconds: 0.0,
            peak_memory_bytes: memory::peak_bytes(),
            dataset: DatasetRecord {
                shards: Vec::new(),
                ..record
            },
        }
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
        let width = label_width(&self.dataset.labels);
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
            "{} clips, {:.2} h of audio, {} left out, {} with the audio of another, \
            {} of its recording, split {}, {} groups in two splits",
            self.clips,
            self.audio_seconds / 3600.0,
            self.left_out(),
            self.duplicates,
            self.near_duplicates,
            self.dataset.split_rule,
            self.leaking_groups,
        )?;
        for problem in self
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::FewGroups)
        {
            writeln!(f, "{problem}")?;
        }
        problem::write_counts(f, &self.problem_counts, "listed in problems.csv")?;
        write!(f, "{} in {:.1} s", self.out.display(), self.wall_seconds)
    }
}
