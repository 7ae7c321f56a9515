//! A report as a table for people.

use super::report::{NO_SPLIT, Report};
use crate::prepare::counts_in_words;
use crate::{Split, label_width};
use std::collections::BTreeMap;
use std::fmt;

/// How many duplicates, leaks and problems of a kind are named; `--json` has all.
const MOST_NAMED: usize = 10;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} layout", self.dir.display(), self.layout)?;
        for remark in &self.remarks {
            writeln!(f, "{remark}")?;
        }
        self.fmt_genres(f)?;
        self.fmt_audio(f)?;
        self.fmt_repeats(f)?;
        self.fmt_problems(f)
    }
}

impl Report {
    fn fmt_genres(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |splits: &BTreeMap<String, u64>, name: &str| splits.get(name).copied();
        let columns: Vec<&str> = Split::ALL
            .into_iter()
            .map(Split::name)
            .chain([NO_SPLIT])
            .filter(|name| {
                self.genres
                    .values()
                    .any(|splits| splits.contains_key(*name))
            })
            .collect();
        let width = label_width(self.genres.keys());
        write!(f, "{:width$}", "genre")?;
        columns
            .iter()
            .try_for_each(|name| write!(f, " {name:>8}"))?;
        writeln!(f, " {:>8}", "all")?;
        for (genre, splits) in &self.genres {
            write!(f, "{genre:width$}")?;
            for name in &columns {
                write!(f, " {:>8}", count(splits, name).unwrap_or(0))?;
            }
            writeln!(f, " {:>8}", splits.values().sum::<u64>())?;
        }
        write!(f, "{:width$}", "all")?;
        for name in &columns {
            let of_split = self
                .genres
                .values()
                .filter_map(|splits| count(splits, name));
            write!(f, " {:>8}", of_split.sum::<u64>())?;
        }
        writeln!(f, " {:>8}", self.clips)
    }

    fn fmt_audio(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates: Vec<String> = self
            .rates_hz
            .iter()
            .map(|(rate_hz, clips)| format!("{clips} at {rate_hz} Hz"))
            .collect();
        writeln!(f, "rates: {}", none_or(rates.join(", ")))?;
        match &self.lengths {
            Some(lengths) => writeln!(
                f,
                "lengths: {:.2} s to {:.2} s, median {:.2} s, {:.2} h in all",
                lengths.min_s,
                lengths.max_s,
                lengths.median_s,
                lengths.total_s / 3600.0
            ),
            None => writeln!(f, "lengths: not known"),
        }
    }

    fn fmt_repeats(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.duplicates {
            Some(duplicates) => {
                let repeats: usize = duplicates.iter().map(|clips| clips.len() - 1).sum();
                writeln!(f, "duplicates: {repeats} clips with the audio of another")?;
                fmt_some(f, duplicates.iter().map(|clips| clips.join(" = ")))?;
            }
            None => writeln!(f, "duplicates: not known without decoding")?,
        }
        writeln!(
            f,
            "leaks: {} groups in more than one split, {} clips in them",
            self.leaks.groups, self.leaks.clips
        )?;
        let lines = self.leaks.listed.iter().map(|leak| {
            let splits: Vec<String> = leak
                .splits
                .iter()
                .map(|(split, clips)| format!("{clips} {split}"))
                .collect();
            format!("{}: {}", leak.group, splits.join(", "))
        });
        fmt_some(f, lines)
    }

    fn fmt_problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(losses) = &self.losses {
            writeln!(f, "damage: {losses}")?;
        }
        writeln!(f, "problems: {}", self.counted_problems())?;
        for kind in self.problem_counts.keys() {
            let of_kind = self.problems.iter().filter(|it| it.kind.name() == *kind);
            fmt_some(f, of_kind)?;
        }
        for table in &self.tables {
            let groups: Vec<String> = table
                .groups
                .iter()
                .map(|(name, columns)| format!("{name} {columns}"))
                .collect();
            writeln!(
                f,
                "{}: {} rows ({} bad), {} columns: {}",
                table.file,
                table.rows,
                table.bad_rows,
                table.columns,
                groups.join(", ")
            )?;
        }
        Ok(())
    }

    /// `3 bad-file, 1 too-short`, or `none`.
    pub(super) fn counted_problems(&self) -> String {
        none_or(counts_in_words(&self.problem_counts))
    }
}

fn none_or(words: String) -> String {
    if words.is_empty() {
        "none".to_owned()
    } else {
        words
    }
}

/// The first few, and how many more there are.
fn fmt_some(
    f: &mut fmt::Formatter<'_>,
    mut lines: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for line in lines.by_ref().take(MOST_NAMED) {
        writeln!(f, "  {line}")?;
    }
    match lines.count() {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more (--json lists all)"),
    }
}
