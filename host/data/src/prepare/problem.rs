//! What was wrong with single files: reported, counted, listed in `problems.csv`, never the end of a run.

use crate::csv_file;
use crate::progress::say;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Left out: can't be opened, decoded, or holds no audio.
    BadFile,
    /// Left out: shorter than one frame.
    TooShort,
    /// Left out: nothing in it is loud enough to be heard.
    Silent,
    /// Left out: a manifest names it, but it is not there.
    MissingFile,
    /// Left out: a manifest row that can't be used.
    BadRow,
    /// Left out: a genre that there is none of, or none of the ones asked for.
    UnknownGenre,
    /// Left out: lies where no genre can be read from its path or name.
    NoGenre,
    /// Left out: on none of the split lists, or in no row of the metadata.
    NotListed,
    /// Kept: an excerpt that is far too short.
    Short,
    /// Kept: a metadata row that names something unknown, beside what is needed of it.
    OddRow,
    /// Kept: some packets did not decode.
    Damaged,
    /// Kept: the file ends before its end.
    Truncated,
    /// Kept: many samples at full scale.
    Clipped,
    /// Kept: the very audio of another clip.
    Duplicate,
    /// Kept: the recording of another clip, encoded, cut or amplified otherwise.
    NearDuplicate,
    /// Kept: the same audio under another genre.
    LabelConflict,
    /// Kept: a group that the official splits divide.
    Leak,
    /// Kept: a genre that can't be in every split.
    FewGroups,
    /// Kept: many values of an imported matrix are out of range.
    Saturated,
}

impl ProblemKind {
    /// Whether the file is in the data set nevertheless.
    pub const fn is_kept(self) -> bool {
        matches!(
            self,
            Self::Short
                | Self::OddRow
                | Self::Damaged
                | Self::Truncated
                | Self::Clipped
                | Self::Duplicate
                | Self::NearDuplicate
                | Self::LabelConflict
                | Self::Leak
                | Self::FewGroups
                | Self::Saturated
        )
    }

    /// The name in CSV and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadFile => "bad-file",
            Self::TooShort => "too-short",
            Self::MissingFile => "missing-file",
            Self::BadRow => "bad-row",
            Self::UnknownGenre => "unknown-genre",
            Self::NoGenre => "no-genre",
            Self::NotListed => "not-listed",
            Self::Short => "short",
            Self::OddRow => "odd-row",
            Self::Damaged => "damaged",
            Self::Truncated => "truncated",
            Self::Silent => "silent",
            Self::Clipped => "clipped",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near-duplicate",
            Self::LabelConflict => "label-conflict",
            Self::Leak => "leak",
            Self::FewGroups => "few-groups",
            Self::Saturated => "saturated",
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// File, manifest row or genre.
    pub subject: String,
    /// In words.
    pub reason: String,
}

impl Problem {
    /// Puts one together.
    pub fn new(kind: ProblemKind, subject: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            kind,
            subject: subject.into(),
            reason: reason.into(),
        }
    }

    /// A file that can't be read: `error` names its full path, reports name files as the data set does.
    pub(super) fn of_file(id: &str, path: &Path, error: &impl fmt::Display) -> Self {
        let error = error.to_string();
        let reason = error.strip_prefix(&format!("{}: ", path.display()));
        Self::new(ProblemKind::BadFile, id, reason.unwrap_or(&error))
    }
}

/// How many problems there are of each kind.
pub(crate) fn count(problems: &[Problem]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for problem in problems {
        *counts.entry(problem.kind.name()).or_default() += 1;
    }
    counts
}

/// `3 bad-file, 1 too-short`; nothing of no problems.
pub(crate) fn counts_in_words(counts: &BTreeMap<&'static str, u64>) -> String {
    let kinds: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    kinds.join(", ")
}

/// One line on `counts`, if there are any, and where the problems are listed.
pub(super) fn write_counts(
    f: &mut fmt::Formatter<'_>,
    counts: &BTreeMap<&'static str, u64>,
    listed: &str,
) -> fmt::Result {
    match counts.is_empty() {
        true => Ok(()),
        false => writeln!(f, "problems: {} ({listed})", counts_in_words(counts)),
    }
}

/// `problems.csv`: what was left out, and notes on what was kept.
pub(crate) fn write_csv(folder: &Path, problems: &[Problem]) -> anyhow::Result<()> {
    let rows = problems.iter().map(|problem| {
        [
            problem.kind.name().to_owned(),
            problem.subject.clone(),
            problem.reason.clone(),
        ]
    });
    csv_file::write(
        &folder.join(csv_file::PROBLEMS),
        ["kind", "subject", "reason"],
        rows,
    )
}

/// Most lines that one kind of problem gets on the screen.
const MOST_SAID: usize = 20;

/// Says sorted problems, of each kind the first few: a subset whose audio is not there names thousands of files.
pub(super) fn say_some(problems: &[Problem]) {
    for of_kind in problems.chunk_by(|a, b| a.kind == b.kind) {
        of_kind.iter().take(MOST_SAID).for_each(say);
        if let (Some(more), Some(first)) =
            (of_kind.len().checked_sub(MOST_SAID + 1), of_kind.first())
        {
            say(format_args!("and {} more {}", more + 1, first.kind.name()));
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.kind.is_kept() {
            "note"
        } else {
            "left out"
        };
        write!(
            f,
            "{verb} ({}): {}: {}",
            self.kind.name(),
            self.subject,
            self.reason
        )
    }
}
