//! The clips of a run, in memory.

use super::Error;
use crate::data::{Clip, Dataset, Kind, Losses, Split};
use needledrop_frontend::{FrontendConfig, FrontendId};
use std::path::Path;

/// Training and validation clips with what the run record says about them.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Labels in the order of the logits; `no-music`, if there, last.
    pub labels: Vec<String>,
    /// Frontend that made the features.
    pub frontend: FrontendConfig,
    /// Its identity.
    pub frontend_id: FrontendId,
    /// SHA-256 of the data, 64 hex.
    pub data_sha256: String,
    /// SHA-256 of the split, 64 hex.
    pub split_sha256: String,
    /// To learn from.
    pub train: Vec<Clip>,
    /// To stop and calibrate by.
    pub valid: Vec<Clip>,
}

impl Corpus {
    /// Reads both splits of a data set, and what had to be left out.
    ///
    /// # Errors
    /// [`Error::Data`], [`Error::EmptySplit`], [`Error::TooFewLabels`].
    pub fn read(dir: &Path) -> Result<(Self, Losses), Error> {
        let set = Dataset::open(dir)?;
        let (train, mut losses) = set.read_split_with_losses(Kind::LogMel, Split::Train)?;
        let (valid, more) = set.read_split_with_losses(Kind::LogMel, Split::Valid)?;
        losses.add(more);
        let record = set.record;
        let corpus = Self {
            labels: record.labels,
            frontend: record.frontend,
            frontend_id: record.frontend_id,
            data_sha256: record.data_sha256,
            split_sha256: record.split_sha256,
            train,
            valid,
        };
        corpus.check(dir)?;
        Ok((corpus, losses))
    }

    /// Whether there is something to learn and something to stop by.
    fn check(&self, dir: &Path) -> Result<(), Error> {
        for (split, clips) in [(Split::Train, &self.train), (Split::Valid, &self.valid)] {
            if clips.iter().all(|clip| clip.rows == 0) {
                return Err(Error::EmptySplit {
                    path: dir.to_owned(),
                    split,
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
