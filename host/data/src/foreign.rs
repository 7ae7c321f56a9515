//! Shards without a `dataset.json`: the reference articles' records, and any written under our schema by others.
//!
//! Opening reads everything once: [`record`] says what is in a record, [`labels`] and [`splits`] make a whole of it. Later
//! passes pick the records of a split and turn their values into ours ([`values`]). docs/shards.md has the rules.

mod labels;
mod open;
mod origin;
mod record;
mod splits;
mod values;

use super::shard::ShardFile;
use super::spill::Spill;
use super::stored::{Stored, StoredFile};
use super::stream::{Stream, StreamOptions};
use super::tfrecord::Record;
use super::view::ExampleView;
use super::{Budget, Clip, Error, Kind, Losses, Split, Values};
use needledrop_frontend::{FrontendConfig, LogMel};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use values::Scale;

use open::Scanned;
pub(super) use open::open;

/// Frontend of raw audio whose records name no rate: the articles' 22 050 Hz.
const RAW_AUDIO: FrontendConfig = FrontendConfig::SEED;

/// What has to be known of a foreign folder to read it again.
#[derive(Debug)]
pub(super) struct Foreign {
    /// By file, in the order of their records.
    entries: HashMap<PathBuf, Vec<Entry>>,
    labels: Vec<String>,
    scale: Scale,
    /// Only raw audio: log-mels are made of it.
    raw_only: bool,
    losses: Losses,
}

/// One record.
#[derive(Debug)]
struct Entry {
    index: u64,
    id: String,
    label: usize,
    split: Split,
    kind: Kind,
}

impl Foreign {
    /// The clips of a split.
    pub(super) fn stream(
        self: &Arc<Self>,
        kind: Kind,
        split: Split,
        options: &StreamOptions,
        budget: Budget,
    ) -> Stream<Clip> {
        let mut files: Vec<ShardFile> = self
            .entries
            .iter()
            .filter(|(_, entries)| entries.iter().any(|entry| entry.split == split))
            .map(|(path, _)| ShardFile {
                path: path.clone(),
                records: None,
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let foreign = Arc::clone(self);
        let spill = Spill::new();
        let losses = self.losses;
        Stream::new(files, options, move |path, stored, record| {
            let Some(entry) = foreign.entry(path, record.index) else {
                return Err(Error::Changed {
                    path: path.to_owned(),
                });
            };
            let wanted = entry.split == split
                && (entry.kind == kind || (foreign.raw_only && kind == Kind::LogMel));
            if !wanted {
                return Ok(None);
            }
            foreign
                .clip(entry, kind, stored, record, &budget, &spill)
                .map(Some)
        })
        .with_losses(losses)
    }

    fn entry(&self, path: &Path, index: u64) -> Option<&Entry> {
        let entries = self.entries.get(path)?;
        let at = entries.binary_search_by_key(&index, |entry| entry.index);
        at.ok().map(|at| &entries[at])
    }

    fn clip(
        &self,
        entry: &Entry,
        kind: Kind,
        stored: &Arc<StoredFile>,
        record: &Record<'_>,
        budget: &Budget,
        spill: &Spill,
    ) -> Result<Clip, Error> {
        let refused = |reason: String| bad(stored.path(), record.index, reason);
        let example = ExampleView::parse(record.data).map_err(refused)?;
        let found = record::found(&example).map_err(refused)?;
        let (rows, bands, values) = if kind == Kind::LogMel && found.kind == Kind::Pcm {
            let pcm = found.values(self.scale).map_err(refused)?;
            let x = log_mel(&pcm).map_err(refused)?;
            let bands = RAW_AUDIO.mel_bands;
            (x.len() / bands, bands, spill.place(x, budget)?)
        } else {
            let bytes = (found.rows * found.bands * size_of::<i16>()) as u64;
            let values = match found.in_place() {
                Some(x) if !budget.take(bytes) => {
                    Values::Stored(Stored::new(stored, record.offset_of(x)))
                }
                Some(_) => Values::Memory(found.values(self.scale).map_err(refused)?),
                None => spill.place(found.values(self.scale).map_err(refused)?, budget)?,
            };
            (found.rows, found.bands, values)
        };
        Ok(Clip {
            id: entry.id.clone(),
            label: entry.label,
            genre: self.labels[entry.label].clone(),
            rows,
            bands,
            values,
        })
    }
}

/// Raw audio through our own frontend, so that models of log-mels can learn from it.
fn log_mel(pcm: &[i16]) -> Result<Vec<i16>, String> {
    let mut frontend = LogMel::new(&RAW_AUDIO).map_err(|error| error.to_string())?;
    let mut x = Vec::new();
    frontend.push(pcm, |frame| x.extend_from_slice(frame));
    Ok(x)
}

fn bad(path: &Path, index: u64, reason: String) -> Error {
    Error::BadExample {
        path: path.to_owned(),
        index,
        reason,
    }
}
