//! The clips of a run, in memory or on disk: from a data set to what training learns from and stops by.

use crate::error::Error;
use crate::train::{Taught, Teacher};
use needledrop_bundle::Origin;
use needledrop_data::{Budget, Clip, Dataset, Kind, Losses, Split, Values, groups};
use needledrop_networks::Input;
use needledrop_networks::models::Model;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folder of a data set for what frozen layers give.
const CACHE: &str = "frozen";

/// Training and validation clips with what the run record says about them: sound, or feature vectors (`T = f32`).
#[derive(Clone, Debug)]
pub struct Corpus<T = i16> {
    /// Labels in the order of the logits; `no-music`, if there, last.
    pub labels: Vec<String>,
    /// What made the features.
    pub origin: Origin,
    /// SHA-256 of the data, 64 hex.
    pub data_sha256: String,
    /// SHA-256 of the split, 64 hex.
    pub split_sha256: String,
    /// To learn from.
    pub train: Vec<Clip<T>>,
    /// To stop and calibrate by.
    pub valid: Vec<Clip<T>>,
    /// Whether [`Corpus::valid`] is the training clips once more, as [`JudgedBy::Folds`] has it.
    pub judges_training_clips: bool,
    /// Clips that belong together, by id: the name of each one's group, where the set says it.
    pub groups: BTreeMap<String, String>,
    /// What a teacher says of each training clip; empty without one.
    pub taught: Vec<Option<Taught>>,
    /// Training clips that have a label of their own: the first.
    pub labelled: usize,
    /// Who taught, if anybody did.
    pub teacher: Option<Teacher>,
    /// Where what frozen layers give is kept for later runs.
    pub cache: Option<PathBuf>,
    /// Memory that is left for what is computed from them once.
    pub budget: Budget,
}

/// What a model is judged by while it learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgedBy {
    /// The validation split.
    Split,
    /// Cross-validation: training clips stand for validation clips where the split has none.
    Folds,
}

impl Corpus {
    /// Reads both splits of one kind of a data set, and what had to be left out.
    ///
    /// As many clips as `budget` allows are kept in memory, validation clips first because every epoch needs all of
    /// them; the others stay in their shards. Which ones has no influence on a run.
    ///
    /// # Errors
    /// [`Error::Data`], [`Error::EmptySplit`], [`Error::TooFewLabels`].
    pub fn read(
        dir: &Path,
        kind: Kind,
        budget: &Budget,
        judged_by: JudgedBy,
    ) -> Result<(Self, Losses), Error> {
        let set = Dataset::open(dir)?;
        let (valid, mut losses) = set.read_split_within(kind, Split::Valid, budget)?;
        let (train, more) = set.read_split_within(kind, Split::Train, budget)?;
        // Shards of others hold any split: what was lost of them is of the set.
        if !set.is_foreign() {
            losses.add(more);
        }
        let imported = !set.is_foreign() && set.record.origin.imported().is_some();
        let none = valid.iter().all(|clip| clip.rows == 0);
        let judges_training_clips = judged_by == JudgedBy::Folds && none;
        let valid = match judges_training_clips {
            true => train.clone(),
            false => valid,
        };
        let corpus = Self {
            judges_training_clips,
            ..Self::of(set, [train, valid], budget.clone())?
        };
        corpus.check(dir, imported, losses)?;
        Ok((corpus, losses))
    }

    /// Bytes of values that are not in memory, if there are any.
    pub fn stored_bytes(&self) -> Option<usize> {
        let stored = self
            .train
            .iter()
            .chain(&self.valid)
            .filter(|clip| matches!(clip.values, Values::Stored(_)))
            .map(|clip| clip.rows * clip.bands * size_of::<i16>())
            .sum();
        (stored > 0).then_some(stored)
    }

    /// What a model sees of these clips.
    pub fn input(&self, model: &Model) -> Input {
        let labelled = &self.train[..self.labelled];
        let mut rows: Vec<usize> = labelled.iter().map(|clip| clip.rows).collect();
        rows.sort_unstable();
        let median = rows.get(rows.len() / 2).copied().unwrap_or(0);
        model.input(&self.origin, median)
    }

    /// What a model sees that takes windows of any length.
    pub fn windows(&self) -> Input {
        Input::three_seconds(&self.origin)
    }
}

impl Corpus<f32> {
    /// Reads both splits of a data set's feature vectors, and what had to be left out.
    ///
    /// # Errors
    /// Those of [`Corpus::read`].
    pub fn read_vectors(dir: &Path) -> Result<(Self, Losses), Error> {
        let set = Dataset::open(dir)?;
        let (valid, mut losses) = set.read_vectors(Split::Valid)?;
        let (train, more) = set.read_vectors(Split::Train)?;
        losses.add(more);
        let corpus = Self::of(set, [train, valid], Budget::unlimited())?;
        corpus.check(dir, false, losses)?;
        Ok((corpus, losses))
    }
}

impl<T> Corpus<T> {
    /// Clips of a data set, those to learn from first.
    fn of(set: Dataset, [train, valid]: [Vec<Clip<T>>; 2], budget: Budget) -> Result<Self, Error> {
        let groups = groups(&set.dir)?;
        let cache = Some(set.dir.join(CACHE));
        let record = set.record;
        Ok(Self {
            labels: record.labels,
            origin: record.origin,
            data_sha256: record.data_sha256,
            split_sha256: record.split_sha256,
            judges_training_clips: false,
            groups,
            taught: Vec::new(),
            labelled: train.len(),
            train,
            valid,
            teacher: None,
            cache,
            budget,
        })
    }

    /// A number for the group of each training clip, then of each validation clip; a clip that the set does not name
    /// is its own.
    pub(crate) fn group_numbers(&self) -> Vec<usize> {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let clips = self.train.iter().chain(&self.valid).enumerate();
        clips
            .map(|(index, clip)| match self.groups.get(&clip.id) {
                Some(group) if !group.is_empty() => *known.entry(group).or_insert(index),
                _ => index,
            })
            .collect()
    }

    /// Whether there is something to learn and something to stop by; `imported` is for the advice.
    fn check(&self, dir: &Path, imported: bool, losses: Losses) -> Result<(), Error> {
        for (split, clips) in [(Split::Train, &self.train), (Split::Valid, &self.valid)] {
            if clips.iter().all(|clip| clip.rows == 0) {
                return Err(Error::EmptySplit {
                    path: dir.to_owned(),
                    split,
                    imported,
                    losses,
                });
            }
        }
        let there = self.labels_in_training();
        if there.len() < 2 {
            let found = format!("only {}", there.first().map_or("no label", |label| label));
            return Err(Error::TooFewLabels {
                path: dir.to_owned(),
                found,
            });
        }
        Ok(())
    }

    /// Labels that a training clip has.
    fn labels_in_training(&self) -> Vec<&str> {
        let has = |label: usize| {
            self.train
                .iter()
                .any(|clip| clip.label == label && clip.rows > 0)
        };
        self.labels
            .iter()
            .enumerate()
            .filter(|(label, _)| has(*label))
            .map(|(_, name)| name.as_str())
            .collect()
    }

    /// Labels without a training clip: the network can't learn them.
    pub fn labels_without_clips(&self) -> Vec<&str> {
        let there = self.labels_in_training();
        self.labels
            .iter()
            .map(String::as_str)
            .filter(|label| !there.contains(label))
            .collect()
    }
}
