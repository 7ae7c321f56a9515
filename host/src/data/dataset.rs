//! A prepared data set, for reading.

use super::shard::{self, Expected};
use super::{Budget, Clip, DatasetRecord, Error, Kind, Losses, Scalar, Split};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// A folder that `needledrop prepare` made.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The folder.
    pub dir: PathBuf,
    /// Its `dataset.json`.
    pub record: DatasetRecord,
}

impl Dataset {
    /// Opens a folder: reads and checks `dataset.json`, not yet the shards.
    ///
    /// # Errors
    /// Those of [`DatasetRecord::read`]; [`Error::Frontend`] when this program's frontend would give other bits than
    /// the ones stored.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let record = DatasetRecord::read(dir)?;
        let path = dir.join(DatasetRecord::FILE);
        if let Some(frontend) = record.origin.frontend() {
            let ours = frontend.actual_id().map_err(|error| Error::BadRecord {
                path: path.clone(),
                reason: error.to_string(),
            })?;
            if ours != frontend.id {
                return Err(Error::Frontend {
                    path,
                    expected: ours.to_string(),
                    actual: frontend.id.to_string(),
                });
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            record,
        })
    }

    /// All clips of a split whose values are `i16`, sorted by id whatever the shards, and what had to be left out.
    ///
    /// Every record is read and checked; values are kept in memory as far as `budget` goes, the others are read again
    /// from their shards when they are needed.
    ///
    /// # Errors
    /// [`Error::MissingKind`], [`Error::Io`], [`Error::BadExample`], [`Error::Frontend`].
    pub fn read_split_within(
        &self,
        kind: Kind,
        split: Split,
        budget: &Budget,
    ) -> Result<(Vec<Clip>, Losses), Error> {
        self.read_as(kind, split, budget)
    }

    /// The feature vectors of a split, of [`Kind::Fma518`], sorted by id, and what had to be left out.
    ///
    /// # Errors
    /// As [`Dataset::read_split_within`].
    pub fn read_vectors(&self, split: Split) -> Result<(Vec<Clip<f32>>, Losses), Error> {
        self.read_as(Kind::Fma518, split, &Budget::unlimited())
    }

    fn read_as<T: Scalar + Send>(
        &self,
        kind: Kind,
        split: Split,
        budget: &Budget,
    ) -> Result<(Vec<Clip<T>>, Losses), Error> {
        if !self.record.kinds.contains(&kind) {
            return Err(Error::MissingKind {
                path: self.dir.clone(),
                kind,
            });
        }
        let frontend_id = self.record.origin.to_string();
        let expected = Expected {
            kind,
            split,
            labels: &self.record.labels,
            frontend_id: &frontend_id,
            mel_bands: self.record.origin.bands(),
        };
        let read: Vec<(Vec<Clip<T>>, Losses)> = self
            .record
            .shards
            .par_iter()
            .filter(|shard| shard.kind == kind && shard.split == split)
            .map(|shard| {
                let path = self.dir.join(&shard.file);
                shard::read(&path, shard.records, &expected, budget)
            })
            .collect::<Result<_, _>>()?;
        let mut losses = Losses::default();
        let mut clips = Vec::with_capacity(read.iter().map(|(clips, _)| clips.len()).sum());
        for (shard_clips, shard_losses) in read {
            clips.extend(shard_clips);
            losses.add(shard_losses);
        }
        clips.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((clips, losses))
    }

    /// [`Dataset::read_split_within`] without a limit.
    ///
    /// # Errors
    /// As there.
    pub fn read_split_with_losses(
        &self,
        kind: Kind,
        split: Split,
    ) -> Result<(Vec<Clip>, Losses), Error> {
        self.read_split_within(kind, split, &Budget::unlimited())
    }

    /// [`Dataset::read_split_with_losses`] for callers that have reported the losses before or don't care.
    ///
    /// # Errors
    /// As there.
    pub fn read_split(&self, kind: Kind, split: Split) -> Result<Vec<Clip>, Error> {
        Ok(self.read_split_with_losses(kind, split)?.0)
    }
}
