//! What the imported data set will hold: lines of `clips.csv` go in; labels, identities, splits as given and what they
//! leak come out.

use super::clips::ClipLine;
use crate::digest;
use crate::prepare::{Problem, ProblemKind, check_labels, group, labels_of};
use crate::{Split, SplitCounts};
use anyhow::ensure;
use needledrop_bundle::Origin;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Share of a clip's values that may be out of range before it is worth a line of its own.
const MANY_SATURATED: f64 = 0.001;

/// A clip of the data set.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) genre: String,
    pub(super) label: usize,
    pub(super) split: Split,
    /// Its name in `clips.csv`, which clips cut from one recording share.
    pub(super) name: String,
    pub(super) row: u64,
    /// SHA-256 of its values, known once they are read.
    pub(super) sha256: String,
    /// Values that were out of range.
    pub(super) saturated: u64,
}

/// The whole data set, in the order of the rows.
pub(super) struct Catalogue {
    pub(super) labels: Vec<String>,
    pub(super) entries: Vec<Entry>,
}

impl Catalogue {
    /// Numbers the labels in our order and names every clip.
    pub(super) fn new(lines: Vec<ClipLine>) -> anyhow::Result<Self> {
        let labels = labels_of(lines.iter().map(|line| line.genre.as_str()));
        check_labels(&labels)?;
        let mut lines_of: HashMap<String, u64> = HashMap::new();
        for line in &lines {
            *lines_of.entry(line.clip.clone()).or_default() += 1;
        }
        let mut ids = BTreeSet::new();
        let mut entries = Vec::with_capacity(lines.len());
        for line in lines {
            let id = match lines_of.get(&line.clip) {
                Some(1) => line.clip.clone(),
                _ => format!("{}#{}", line.clip, line.row),
            };
            ensure!(
                ids.insert(id.clone()),
                "line {}: clip {id} is there already; give one of them another name",
                line.line
            );
            entries.push(Entry {
                id,
                label: labels
                    .iter()
                    .position(|label| *label == line.genre)
                    .unwrap_or_default(),
                genre: line.genre,
                split: line.split,
                name: line.clip,
                row: line.row,
                sha256: String::new(),
                saturated: 0,
            });
        }
        Ok(Self { labels, entries })
    }

    /// For each clip, the first one with the same values, if that is another one.
    pub(super) fn originals(&self) -> Vec<Option<&Entry>> {
        let mut first_with: HashMap<&str, &Entry> = HashMap::new();
        self.entries
            .iter()
            .map(|entry| {
                let first = *first_with.entry(&entry.sha256).or_insert(entry);
                (first.row != entry.row).then_some(first)
            })
            .collect()
    }

    /// Group of each clip, as the index of its first member: clips of one name or with the same values.
    pub(super) fn groups(&self) -> Vec<usize> {
        let keys: Vec<Vec<String>> = self
            .entries
            .iter()
            .map(|entry| {
                vec![
                    format!("clip:{}", entry.name),
                    format!("values:{}", entry.sha256),
                ]
            })
            .collect();
        group(&keys)
    }

    /// Groups that are in more than one split.
    pub(super) fn leaking_groups(&self) -> u64 {
        let mut splits: BTreeMap<usize, BTreeSet<Split>> = BTreeMap::new();
        for (entry, group) in self.entries.iter().zip(self.groups()) {
            splits.entry(group).or_default().insert(entry.split);
        }
        splits.values().filter(|splits| splits.len() > 1).count() as u64
    }

    /// What is worth a line of `problems.csv`, of clips with `values` values.
    pub(super) fn problems(&self, values: usize) -> Vec<Problem> {
        let conflicts = self
            .entries
            .iter()
            .zip(self.originals())
            .filter_map(|(entry, first)| {
                let first = first.filter(|first| first.genre != entry.genre)?;
                let reason = format!(
                    "the same values as {}, which is {}, not {}",
                    first.id, first.genre, entry.genre
                );
                Some(Problem::new(ProblemKind::LabelConflict, &entry.id, reason))
            });
        let saturated = self
            .entries
            .iter()
            .filter(|entry| entry.saturated as f64 > MANY_SATURATED * values as f64)
            .map(|entry| {
                let reason = format!(
                    "{} of {values} values are outside -128 to 127.996 dB; --scale and --offset bring them inside",
                    entry.saturated
                );
                Problem::new(ProblemKind::Saturated, &entry.id, reason)
            });
        conflicts.chain(saturated).collect()
    }

    /// What each split holds; the length is known of a frontend's frames alone.
    pub(super) fn counts(&self, origin: &Origin, frames: usize) -> BTreeMap<Split, SplitCounts> {
        let seconds = origin.frontend().map_or(0.0, |frontend| {
            let config = frontend.config;
            ((frames - 1) * config.hop_samples + config.n_fft) as f64
                / f64::from(config.sample_rate_hz)
        });
        let mut counts: BTreeMap<Split, SplitCounts> = BTreeMap::new();
        for entry in &self.entries {
            let split = counts.entry(entry.split).or_default();
            split.add(&entry.genre, frames as u64, seconds);
        }
        counts
    }

    /// Clips sorted by id.
    pub(super) fn by_id(&self) -> Vec<(usize, &Entry)> {
        let mut sorted: Vec<(usize, &Entry)> = self.entries.iter().enumerate().collect();
        sorted.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        sorted
    }

    /// Digest of clips, labels and values.
    pub(super) fn data_sha256(&self) -> String {
        digest::of_lines(
            self.by_id()
                .into_iter()
                .map(|(_, entry)| digest::data_line(&entry.id, &entry.genre, &entry.sha256)),
        )
    }

    /// Digest of clips and splits.
    pub(super) fn split_sha256(&self) -> String {
        digest::of_lines(
            self.by_id()
                .into_iter()
                .map(|(_, entry)| digest::split_line(&entry.id, entry.split)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(row: u64, clip: &str, genre: &str, split: Split) -> ClipLine {
        ClipLine {
            row,
            clip: clip.to_owned(),
            genre: genre.to_owned(),
            label: 0,
            split,
            line: row + 2,
        }
    }

    fn catalogue(lines: Vec<ClipLine>, values: &[&str]) -> Catalogue {
        let mut catalogue = Catalogue::new(lines).unwrap();
        for (entry, values) in catalogue.entries.iter_mut().zip(values) {
            entry.sha256 = (*values).to_owned();
        }
        catalogue
    }

    #[test]
    fn clips_of_one_recording_are_told_apart_and_their_leaks_counted() {
        let catalogue = catalogue(
            vec![
                line(0, "a", "jazz", Split::Train),
                line(1, "b", "no-music", Split::Train),
                line(2, "a", "jazz", Split::Valid),
                line(4, "c", "pop", Split::Test),
                line(5, "d", "pop", Split::Valid),
            ],
            &["1", "2", "3", "4", "2"],
        );
        assert_eq!(catalogue.labels, ["jazz", "pop", "no-music"]);
        let ids: Vec<&str> = catalogue
            .entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect();
        assert_eq!(ids, ["a#0", "b", "a#2", "c", "d"]);
        let labels: Vec<usize> = catalogue.entries.iter().map(|entry| entry.label).collect();
        assert_eq!(labels, [0, 2, 0, 1, 1]);
        // `a` is in train and valid by name, `b` and `d` by their values.
        assert_eq!(catalogue.leaking_groups(), 2);
        let problems = catalogue.problems(100);
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].to_string(),
            "note (label-conflict): d: the same values as b, which is no-music, not pop"
        );
    }

    #[test]
    fn one_genre_and_two_clips_of_one_name_are_refused() {
        let refused = |lines| Catalogue::new(lines).err().expect("refused").to_string();
        let one = vec![
            line(0, "a", "jazz", Split::Train),
            line(1, "b", "jazz", Split::Train),
        ];
        assert!(refused(one).contains("all clips are of one genre, jazz"));
        let twice = vec![
            line(0, "a", "jazz", Split::Train),
            line(1, "a#2", "pop", Split::Train),
            line(2, "a", "jazz", Split::Train),
        ];
        assert!(refused(twice).contains("line 4: clip a#2 is there already"));
    }
}
