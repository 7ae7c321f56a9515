//! Later passes over a folder that was opened: the records of a split, their values as ours.

use super::record::{self, RAW_AUDIO};
use super::values::Scale;
use crate::shard::ShardFile;
use crate::spill::Spill;
use crate::stored::{Stored, StoredFile};
use crate::stream::{Stream, StreamOptions};
use crate::tfrecord::Record;
use crate::view::ExampleView;
use crate::{Budget, Clip, Error, Kind, Losses, Split, Values};
use needledrop_frontend::LogMel;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What has to be known of a foreign folder to read it again.
#[derive(Debug)]
pub(crate) struct Foreign {
    /// By file, in the order of their records.
    pub(super) entries: HashMap<PathBuf, Vec<Entry>>,
    pub(super) labels: Vec<String>,
    pub(super) scale: Scale,
    /// Only raw audio: log-mels are made of it.
    pub(super) raw_only: bool,
    pub(super) losses: Losses,
}

/// One record.
#[derive(Debug)]
pub(super) struct Entry {
    /// Position in its file.
    pub(super) index: u64,
    pub(super) id: String,
    pub(super) label: usize,
    pub(super) split: Split,
    pub(super) kind: Kind,
}

impl Foreign {
    /// The clips of a split.
    pub(crate) fn stream(
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
        let refused = |reason: String| Error::bad_example(stored.path(), record.index, reason);
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
