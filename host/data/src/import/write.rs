//! From the matrices to shards and `clips.csv`.

use super::catalogue::Catalogue;
use super::matrices::Matrices;
use super::scaling::Scaling;
use crate::digest::to_hex;
use crate::prepare::Options;
use crate::progress::Progress;
use crate::{Kind, ShardRecord, Split, csv_file, shard, to_le_bytes, write_record};
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, IntoInnerError};
use std::path::{Path, PathBuf};

/// Buffer of each shard: all of them are open at once.
const BUFFER_BYTES: usize = 1 << 18;

/// How a matrix becomes a record.
pub(super) struct Conversion {
    pub(super) scaling: Scaling,
    pub(super) picture: bool,
    /// Identity of the features.
    pub(super) id: String,
}

/// A shard being written.
struct Shard {
    record: ShardRecord,
    path: PathBuf,
    out: BufWriter<File>,
}

/// Writes all shards into `folder` in one pass over the matrices, and completes the catalogue by it.
///
/// A clip's shard is drawn by its id, so that any few shards hold all genres; within a shard, clips are in the order of
/// their rows.
pub(super) fn shards(
    folder: &Path,
    catalogue: &mut Catalogue,
    matrices: &mut Matrices,
    conversion: &Conversion,
) -> anyhow::Result<Vec<ShardRecord>> {
    let (mut shards, shard_of) = begin(folder, catalogue)?;
    let size = matrices.size;
    let progress = Progress::new("import", "clips", catalogue.entries.len() as u64);
    let mut values = vec![0; size.bands * size.frames];
    let mut entries = catalogue.entries.iter_mut().zip(shard_of).peekable();
    for row in 0..matrices.clips {
        let bytes = matrices.next()?;
        let Some((entry, shard)) = entries.next_if(|(entry, _)| entry.row == row) else {
            continue;
        };
        entry.saturated = conversion
            .scaling
            .convert(bytes, size, conversion.picture, &mut values)
            .map_err(|found| {
                anyhow::anyhow!(
                    "clip {} (row {row}): {} in band {}, frame {}; the matrices must hold numbers",
                    entry.id,
                    found.value,
                    found.band,
                    found.frame
                )
            })?;
        let x = to_le_bytes(&values);
        entry.sha256 = to_hex(&Sha256::digest(&x));
        let clip = shard::Found {
            id: &entry.id,
            label: entry.label,
            genre: &entry.genre,
            rows: size.frames,
            bands: size.bands,
            x: &x,
        };
        let data = shard::encode(&clip, Kind::LogMel, entry.split, &conversion.id);
        let Shard { out, path, .. } = &mut shards[shard];
        write_record(out, &data).with_context(|| format!("{}: cannot write", path.display()))?;
        progress.advance(1);
    }
    progress.finish();
    shards
        .into_iter()
        .map(|Shard { record, path, out }| {
            out.into_inner()
                .map_err(IntoInnerError::into_error)
                .and_then(|file| file.sync_data())
                .with_context(|| format!("{}: cannot write", path.display()))?;
            Ok(record)
        })
        .collect()
}

/// Opens the shards; gives each clip's.
fn begin(folder: &Path, catalogue: &Catalogue) -> anyhow::Result<(Vec<Shard>, Vec<usize>)> {
    let mut shards = Vec::new();
    let mut shard_of = vec![0; catalogue.entries.len()];
    let most = usize::from(Options::STANDARD_SHARDS);
    for split in Split::ALL {
        let of_split = catalogue.entries.iter().enumerate();
        let mut order: Vec<usize> = of_split
            .filter(|(_, entry)| entry.split == split)
            .map(|(index, _)| index)
            .collect();
        order.sort_by_cached_key(|&index| shard::order_key(&catalogue.entries[index].id));
        for (record, range) in shard::divide(Kind::LogMel, split, order.len(), most) {
            let path = folder.join(&record.file);
            let out =
                File::create(&path).with_context(|| format!("{}: cannot write", path.display()))?;
            order[range]
                .iter()
                .for_each(|&index| shard_of[index] = shards.len());
            shards.push(Shard {
                record,
                path,
                out: BufWriter::with_capacity(BUFFER_BYTES, out),
            });
        }
    }
    Ok((shards, shard_of))
}

/// Columns of `clips.csv`: those of `prepare` that do not speak of audio.
const COLUMNS: [&str; 7] = [
    "clip",
    "genre",
    "label",
    "split",
    "group",
    "duplicate_of",
    "frames",
];

/// `clips.csv`: one line a clip, sorted by id.
pub(super) fn clips_csv(folder: &Path, catalogue: &Catalogue, frames: usize) -> anyhow::Result<()> {
    let (groups, originals) = (catalogue.groups(), catalogue.originals());
    let rows = catalogue.by_id().into_iter().map(|(index, entry)| {
        let original = originals[index].map(|first| first.id.clone());
        [
            entry.id.clone(),
            entry.genre.clone(),
            entry.label.to_string(),
            entry.split.to_string(),
            catalogue.entries[groups[index]].id.clone(),
            original.unwrap_or_default(),
            frames.to_string(),
        ]
    });
    csv_file::write(&folder.join(csv_file::CLIPS), COLUMNS, rows)
}
