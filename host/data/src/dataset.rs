//! A data set, for reading: its folder goes in, the clips of a split come out, all of them or as a stream.

use super::foreign::{self, Foreign};
use super::shard::{self, Expected, ShardFile};
use super::stream::{Stream, StreamOptions};
use super::{Budget, Clip, DatasetRecord, Error, Kind, Losses, Scalar, Split};
use crate::progress::say;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that `needledrop prepare` made, or one with shards of others.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The folder.
    pub dir: PathBuf,
    /// Its `dataset.json`, or what there would be in it.
    pub record: DatasetRecord,
    foreign: Option<Arc<Foreign>>,
}

impl Dataset {
    /// Opens a folder: reads and checks `dataset.json`, not yet the shards. Shards without one are somebody else's:
    /// they are read once for what their records say.
    ///
    /// # Errors
    /// Those of [`DatasetRecord::read`]; [`Error::Frontend`] when this program's frontend would give other bits than
    /// the ones stored; [`Error::Foreign`] and [`Error::BadExample`] for shards of others that make no data set.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let record = match DatasetRecord::read(dir) {
            Err(Error::NotADataset { .. }) => return Self::open_foreign(dir),
            record => record?,
        };
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
            foreign: None,
        })
    }

    fn open_foreign(dir: &Path) -> Result<Self, Error> {
        let (record, foreign) = foreign::open(dir)?;
        say(format_args!(
            "{}: no dataset.json: shards of others, {} records of {} labels, features {}, split: {}",
            dir.display(),
            record
                .counts
                .values()
                .map(|counts| counts.clips)
                .sum::<u64>(),
            record.labels.len(),
            record.origin,
            record.split_rule,
        ));
        Ok(Self {
            dir: dir.to_owned(),
            record,
            foreign: Some(Arc::new(foreign)),
        })
    }

    /// Whether it was opened without a `dataset.json`. Losses are then those of all splits, whichever is read.
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// The clips of a split whose values are `i16`, read in parallel and given as `options` say.
    ///
    /// # Errors
    /// [`Error::MissingKind`]; the stream gives the others of [`Dataset::read_split_within`].
    pub fn stream(
        &self,
        kind: Kind,
        split: Split,
        options: &StreamOptions,
    ) -> Result<Stream<Clip>, Error> {
        self.stream_within(kind, split, options, Budget::unlimited())
    }

    fn stream_within(
        &self,
        kind: Kind,
        split: Split,
        options: &StreamOptions,
        budget: Budget,
    ) -> Result<Stream<Clip>, Error> {
        match &self.foreign {
            Some(foreign) if self.record.kinds.contains(&kind) => {
                Ok(foreign.stream(kind, split, options, budget))
            }
            _ => self.own_stream(kind, split, options, budget),
        }
    }

    fn own_stream<T: Scalar + Send + 'static>(
        &self,
        kind: Kind,
        split: Split,
        options: &StreamOptions,
        budget: Budget,
    ) -> Result<Stream<Clip<T>>, Error> {
        if !self.record.kinds.contains(&kind) {
            return Err(Error::MissingKind {
                path: self.dir.clone(),
                kind: kind.name(),
            });
        }
        let expected = Expected {
            kind,
            split,
            labels: self.record.labels.clone(),
            frontend_id: self.record.origin.to_string(),
            mel_bands: self.record.origin.bands(),
        };
        let of_split = self
            .record
            .shards
            .iter()
            .filter(|shard| shard.kind == kind && shard.split == split);
        let shards = of_split
            .map(|shard| ShardFile {
                path: self.dir.join(&shard.file),
                records: Some(shard.records),
            })
            .collect();
        Ok(Stream::new(shards, options, move |path, stored, record| {
            shard::clip(path, stored, record, &expected, &budget).map(Some)
        }))
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
        sorted(self.stream_within(kind, split, &StreamOptions::default(), budget.clone())?)
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

    /// The feature vectors of a split, of [`Kind::Fma518`], sorted by id, and what had to be left out.
    ///
    /// # Errors
    /// As [`Dataset::read_split_within`].
    pub fn read_vectors(&self, split: Split) -> Result<(Vec<Clip<f32>>, Losses), Error> {
        let options = StreamOptions::default();
        sorted(self.own_stream(Kind::Fma518, split, &options, Budget::unlimited())?)
    }
}

fn sorted<T: Send + 'static>(mut stream: Stream<Clip<T>>) -> Result<(Vec<Clip<T>>, Losses), Error> {
    let mut clips = stream.by_ref().collect::<Result<Vec<_>, _>>()?;
    clips.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((clips, stream.losses()))
}
