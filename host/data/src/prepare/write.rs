//! From the catalogue and the spool to shards and `clips.csv`.

use super::catalogue::{Catalogue, Entry};
use super::spool::Spool;
use crate::progress::Progress;
use crate::{Kind, Scalar, ShardRecord, Split, csv_file, fma518, shard, write_record};
use anyhow::Context;
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, IntoInnerError};
use std::path::Path;

/// One shard to be written.
struct Task<'a> {
    kind_index: usize,
    record: ShardRecord,
    entries: Vec<&'a Entry>,
}

/// What the shards need beside the catalogue.
pub(super) struct ShardPlan<'a> {
    pub(super) kinds: &'a [Kind],
    /// Per kind and split, at most one a clip.
    pub(super) shards: usize,
    pub(super) frontend_id: &'a str,
    pub(super) mel_bands: usize,
}

/// Shards as they were written.
pub(super) struct Written {
    pub(super) shards: Vec<ShardRecord>,
    /// Those of them that a killed run had finished.
    pub(super) reused: u64,
}

/// Writes all shards into `folder`, in parallel on the current rayon pool; the ones that are there are kept.
///
/// Within a split, clips are in a fixed shuffled order, so that any few shards hold all genres.
pub(super) fn shards(
    folder: &Path,
    catalogue: &Catalogue,
    spool: &Spool,
    plan: &ShardPlan<'_>,
    progress: &Progress,
) -> anyhow::Result<Written> {
    let mut tasks = Vec::new();
    for (kind_index, &kind) in plan.kinds.iter().enumerate() {
        for split in Split::ALL {
            let mut entries: Vec<&Entry> = catalogue
                .entries
                .iter()
                .filter(|entry| entry.split == split)
                .collect();
            entries.sort_by_cached_key(|entry| shard::order_key(&entry.id));
            for (record, range) in shard::divide(kind, split, entries.len(), plan.shards) {
                tasks.push(Task {
                    kind_index,
                    record,
                    entries: entries[range].to_vec(),
                });
            }
        }
    }
    let written: Vec<(ShardRecord, bool)> = tasks
        .into_par_iter()
        .with_max_len(1)
        .map(|task| {
            let reused = folder.join(&task.record.file).is_file();
            if reused {
                progress.advance(task.record.records);
            } else {
                write_shard(folder, &task, spool, plan, progress)?;
            }
            Ok((task.record, reused))
        })
        .collect::<anyhow::Result<_>>()?;
    let reused = written.iter().filter(|(_, reused)| *reused).count() as u64;
    let shards = written.into_iter().map(|(record, _)| record).collect();
    Ok(Written { shards, reused })
}

/// Under another name until it is whole: what has a shard's name is a shard, whenever the run is killed.
fn write_shard(
    folder: &Path,
    task: &Task<'_>,
    spool: &Spool,
    plan: &ShardPlan<'_>,
    progress: &Progress,
) -> anyhow::Result<()> {
    let path = folder.join(&task.record.file);
    let unfinished = path.with_extension("unfinished");
    let failed = || format!("{}: cannot write", unfinished.display());
    let mut out =
        BufWriter::with_capacity(1 << 20, File::create(&unfinished).with_context(failed)?);
    for entry in &task.entries {
        let x = spool.read(&entry.audio, task.kind_index)?;
        let (bands, value_bytes) = match task.record.kind {
            Kind::LogMel => (plan.mel_bands, i16::BYTES),
            Kind::Pcm => (1, i16::BYTES),
            Kind::Fma518 => (fma518::VALUES, f32::BYTES),
        };
        let clip = shard::Found {
            id: &entry.id,
            label: entry.label,
            genre: &entry.genre,
            rows: x.len() / (bands * value_bytes),
            bands,
            x: &x,
        };
        let data = shard::encode(&clip, task.record.kind, task.record.split, plan.frontend_id);
        write_record(&mut out, &data).with_context(failed)?;
        progress.advance(1);
    }
    out.into_inner()
        .map_err(IntoInnerError::into_error)
        .and_then(|file| file.sync_data())
        .and_then(|()| std::fs::rename(&unfinished, &path))
        .with_context(failed)
}

/// `clips.csv`: one line a clip, sorted by id.
pub(super) fn clips_csv(folder: &Path, catalogue: &Catalogue) -> anyhow::Result<()> {
    let header = [
        "clip",
        "genre",
        "label",
        "split",
        "group",
        "duplicate_of",
        "near_duplicate_of",
        "frames",
        "sample_rate_hz",
        "samples",
        "pcm_sha256",
    ];
    let rows = catalogue.entries.iter().map(|entry| {
        [
            entry.id.clone(),
            entry.genre.clone(),
            entry.label.to_string(),
            entry.split.to_string(),
            entry.group.clone(),
            entry.duplicate_of.clone().unwrap_or_default(),
            entry.near_duplicate_of.clone().unwrap_or_default(),
            entry.audio.frames.to_string(),
            entry.audio.sample_rate_hz.to_string(),
            entry.audio.samples.to_string(),
            entry.audio.pcm_sha256.clone(),
        ]
    });
    csv_file::write(&folder.join(csv_file::CLIPS), header, rows)
}
