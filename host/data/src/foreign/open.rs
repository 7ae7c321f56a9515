//! The first pass over a folder: what all records say makes the data set's record.

use super::record::Seen;
use super::values::Scale;
use super::{Entry, Foreign, RAW_AUDIO, bad, labels, origin, splits};
use crate::digest;
use crate::shard::{ShardFile, promised_records};
use crate::stored::StoredFile;
use crate::stream::{Stream, StreamOptions};
use crate::tfrecord::Record;
use crate::{DatasetRecord, Error, Kind, Losses, Split, SplitCounts};
use needledrop_bundle::{Frontend, Origin};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One record while the folder is being opened.
pub(super) struct Scanned {
    file: Arc<StoredFile>,
    index: u64,
    crc: u32,
    bytes: usize,
    /// `clip`, else file and position.
    pub(super) id: String,
    /// By the record, else by the file's name.
    pub(super) split: Option<Split>,
    pub(super) seen: Seen,
}

/// Reads a folder of shards that has no `dataset.json`.
///
/// # Errors
/// [`Error::NotADataset`] when there are no shards; [`Error::Foreign`] and [`Error::BadExample`] for what can't be made
/// sense of.
pub(crate) fn open(dir: &Path) -> Result<(DatasetRecord, Foreign), Error> {
    let refused = |reason: String| Error::Foreign {
        path: dir.to_owned(),
        reason,
    };
    let (scanned, losses) = scan(dir)?;
    if scanned.is_empty() {
        return Err(refused(match losses.is_empty() {
            true => "its shards hold no record".to_owned(),
            false => format!("no record left of a damaged data set: {losses}"),
        }));
    }
    let listed = labels::listed(dir)?;
    let (labels, label_of) = labels::settle(&scanned, listed).map_err(refused)?;
    let (split_of, split_rule) =
        splits::settle(&scanned, &label_of, labels.len()).map_err(refused)?;
    let origin = origin::settle(&scanned).map_err(refused)?;
    let mut kinds: Vec<Kind> = scanned.iter().map(|scanned| scanned.seen.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let raw_only = kinds == [Kind::Pcm];
    if raw_only {
        kinds.insert(0, Kind::LogMel);
    }
    let scale = Scale::of(
        scanned
            .iter()
            .fold(0.0, |most, scanned| scanned.seen.loudest.max(most)),
    );

    let mut entries: HashMap<PathBuf, Vec<Entry>> = HashMap::new();
    let mut counts: BTreeMap<Split, SplitCounts> = BTreeMap::new();
    let (mut data_lines, mut split_lines) = (Vec::new(), Vec::new());
    for ((scanned, label), split) in scanned.into_iter().zip(label_of).zip(split_of) {
        let Scanned {
            id,
            crc,
            bytes,
            seen,
            ..
        } = scanned;
        let genre = &labels[label];
        data_lines.push(format!("{id}\t{genre}\t{bytes}\t{crc:08x}"));
        split_lines.push(format!("{id}\t{split}"));
        add(counts.entry(split).or_default(), &seen, &origin, genre);
        let entry = Entry {
            index: scanned.index,
            id,
            label,
            split,
            kind: seen.kind,
        };
        match entries.get_mut(scanned.file.path()) {
            Some(of_file) => of_file.push(entry),
            None => drop(entries.insert(scanned.file.path().to_owned(), vec![entry])),
        }
    }
    data_lines.sort_unstable();
    split_lines.sort_unstable();
    let preset = origin
        .frontend()
        .and_then(|frontend| frontend.config.preset_name());
    let record = DatasetRecord {
        format: DatasetRecord::FORMAT,
        labels: labels.clone(),
        preset: preset.map(str::to_owned),
        origin,
        kinds,
        split_rule,
        data_sha256: digest::of_lines(data_lines),
        split_sha256: digest::of_lines(split_lines),
        counts,
        leaking_groups: 0,
        problems: losses.bad_crc + losses.truncated_shards,
        shards: Vec::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let foreign = Foreign {
        entries,
        labels,
        scale,
        raw_only,
        losses,
    };
    Ok((record, foreign))
}

/// Every record, by file and position.
fn scan(dir: &Path) -> Result<(Vec<Scanned>, Losses), Error> {
    let files = if dir.is_dir() {
        files(dir)?
    } else {
        Vec::new()
    };
    if files.is_empty() {
        return Err(Error::NotADataset {
            path: dir.to_owned(),
        });
    }
    let root = dir.to_owned();
    let decode = move |path: &Path, file: &Arc<StoredFile>, record: &Record<'_>| {
        let mut seen = Seen::of(record.data).map_err(|reason| bad(path, record.index, reason))?;
        // What the data set itself is called, or where it lies, must decide nothing.
        let within = path.strip_prefix(&root).unwrap_or(path);
        Ok(Some(Scanned {
            file: Arc::clone(file),
            index: record.index,
            crc: record.crc,
            bytes: record.data.len(),
            id: seen
                .id
                .take()
                .unwrap_or_else(|| format!("{}#{}", within.display(), record.index)),
            split: seen.split.or_else(|| splits::of_path(within)),
            seen,
        }))
    };
    let mut stream = Stream::new(files, &StreamOptions::default(), decode);
    let mut scanned = stream.by_ref().collect::<Result<Vec<Scanned>, _>>()?;
    scanned.sort_by(|a, b| (a.file.path(), a.index).cmp(&(b.file.path(), b.index)));
    Ok((scanned, stream.losses()))
}

fn add(count: &mut SplitCounts, seen: &Seen, origin: &Origin, genre: &str) {
    let rows = seen.rows as u64;
    count.clips += 1;
    *count.by_label.entry(genre.to_owned()).or_insert(0) += 1;
    match (seen.kind, origin.frontend()) {
        (Kind::Pcm, _) => count.seconds += rows as f64 / f64::from(RAW_AUDIO.sample_rate_hz),
        (_, frontend) => {
            count.frames += rows;
            if let Some(Frontend { config, .. }) = frontend {
                let samples = rows * config.hop_samples as u64;
                count.seconds += samples as f64 / f64::from(config.sample_rate_hz);
            }
        }
    }
}

/// Every shard below `dir`, sorted by path; hidden files and folders are passed over.
fn files(dir: &Path) -> Result<Vec<ShardFile>, Error> {
    /// Deeper than anybody sorts shards; links may go round in circles.
    const DEEPEST: usize = 4;
    let mut files = Vec::new();
    let mut folders = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(Error::io(&folder))?;
        for entry in entries {
            let entry = entry.map_err(Error::io(&folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if name.starts_with('.') {
                continue;
            } else if path.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            } else if name.contains(".tfrec") {
                let records = promised_records(&name);
                files.push(ShardFile { path, records });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
