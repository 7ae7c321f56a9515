//! From a folder of shards to a data set: what all records say makes its record.

use super::again::{Entry, Foreign};
use super::record::{RAW_AUDIO, Seen};
use super::scan::{Scanned, scan};
use super::values::Scale;
use super::{labels, origin, splits};
use crate::digest;
use crate::{DatasetRecord, Error, Kind, Split, SplitCounts};
use needledrop_bundle::{Frontend, Origin};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

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
        data_lines.push(digest::data_line(
            &id,
            genre,
            format_args!("{bytes}\t{crc:08x}"),
        ));
        split_lines.push(digest::split_line(&id, split));
        let (frames, seconds) = length(&seen, &origin);
        counts.entry(split).or_default().add(genre, frames, seconds);
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

/// Log-mel frames of a record, and its seconds; 0 of what is not known.
fn length(seen: &Seen, origin: &Origin) -> (u64, f64) {
    let rows = seen.rows as u64;
    match (seen.kind, origin.frontend()) {
        (Kind::Pcm, _) => (0, rows as f64 / f64::from(RAW_AUDIO.sample_rate_hz)),
        (_, Some(Frontend { config, .. })) => {
            let samples = rows * config.hop_samples as u64;
            (rows, samples as f64 / f64::from(config.sample_rate_hz))
        }
        (_, None) => (rows, 0.0),
    }
}
