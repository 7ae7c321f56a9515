//! `dataset.json`: what a data set is, beside its shards.

use super::{Error, Kind, Split};
use crate::part::PartRecord;
use needledrop_bundle::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// `dataset.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Version of this layout.
    pub format: u32,
    /// Labels, sorted; `no-music`, if there, last.
    pub labels: Vec<String>,
    /// Preset's name, when there is a frontend and it is one.
    pub preset: Option<String>,
    /// What made the features: our frontend, whose rate the PCM has, or a foreign program.
    #[serde(flatten)]
    pub origin: Origin,
    /// Kinds stored.
    pub kinds: Vec<Kind>,
    /// How clips were split, in words.
    pub split_rule: String,
    /// SHA-256 over the sorted list of clips, their labels and their decoded audio, 64 hex.
    pub data_sha256: String,
    /// SHA-256 over the sorted list of clips and their splits, 64 hex.
    pub split_sha256: String,
    /// What each split holds.
    pub counts: BTreeMap<Split, SplitCounts>,
    /// Groups (artist, album, duplicate audio) that are in more than one split; only official lists leave any.
    pub leaking_groups: u64,
    /// Files left out, and warnings on files kept; listed in `problems.csv`.
    pub problems: u64,
    /// The shards.
    pub shards: Vec<ShardRecord>,
    /// Version of the program that made it.
    pub version: String,
}

/// What one split holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitCounts {
    /// Clips.
    pub clips: u64,
    /// Log-mel frames.
    pub frames: u64,
    /// Length of the audio.
    pub seconds: f64,
    /// Clips by label.
    pub by_label: BTreeMap<String, u64>,
}

impl SplitCounts {
    /// Counts a clip.
    pub(crate) fn add(&mut self, label: &str, frames: u64, seconds: f64) {
        self.clips += 1;
        self.frames += frames;
        self.seconds += seconds;
        *self.by_label.entry(label.to_owned()).or_default() += 1;
    }
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// File name within the folder.
    pub file: String,
    /// What it holds.
    pub kind: Kind,
    /// For which split.
    pub split: Split,
    /// Records when it was written.
    pub records: u64,
}

impl DatasetRecord {
    /// Layout version this crate writes and reads.
    pub const FORMAT: u32 = 1;
    /// File name.
    pub const FILE: &'static str = "dataset.json";

    /// Reads `dataset.json` of a folder and checks it.
    ///
    /// # Errors
    /// [`Error::NotADataset`], [`Error::Part`], [`Error::Io`], [`Error::BadRecord`], [`Error::Format`].
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(Self::FILE);
        let text = std::fs::read(&path).map_err(|reason| match reason.kind() {
            std::io::ErrorKind::NotFound => match PartRecord::read(dir) {
                Ok(part) => Error::Part {
                    path: dir.to_owned(),
                    part: part.share.part,
                    parts: part.share.parts,
                },
                Err(_) => Error::NotADataset {
                    path: dir.to_owned(),
                },
            },
            _ => Error::Io {
                path: path.clone(),
                reason,
            },
        })?;
        let bad = |reason: String| Error::BadRecord {
            path: path.clone(),
            reason,
        };
        let format = serde_json::from_slice::<FormatOnly>(&text)
            .map_err(|error| bad(error.to_string()))?
            .format;
        if format != Self::FORMAT {
            return Err(Error::Format {
                path,
                expected: Self::FORMAT,
                actual: format,
            });
        }
        let record: Self = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
        if let Some(shard) = record
            .shards
            .iter()
            .find(|shard| !is_plain_name(&shard.file))
        {
            return Err(bad(format!(
                "shard {} is not a plain file name",
                shard.file
            )));
        }
        Ok(record)
    }

    /// Writes `dataset.json` into a folder, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::BadRecord`].
    pub fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(Self::FILE);
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::BadRecord {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        needledrop_bundle::write_atomic(&path, &text).map_err(Error::io(&path))
    }
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A data set from elsewhere must not make us read outside its folder.
fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}
