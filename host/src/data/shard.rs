//! Shards: their names, what a record of them holds, reading one whole.

use super::clip::{from_le_bytes, to_le_bytes};
use super::example::{Example, Value};
use super::tfrecord::{Losses, Reader};
use super::{Clip, Error, Kind, Scalar, Split};
use prost::Message;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Suffix of shards; no other file of a data set has `.tfrec` in its name.
const SUFFIX: &str = ".tfrecord";

/// `<kind>-<split>-SSSSS-of-NNNNN-<records>.tfrecord`.
pub(crate) fn file_name(
    kind: Kind,
    split: Split,
    shard: usize,
    shards: usize,
    records: usize,
) -> String {
    format!("{kind}-{split}-{shard:05}-of-{shards:05}-{records}{SUFFIX}")
}

/// The record of one clip.
pub(crate) fn encode<T: Scalar>(
    clip: &Clip<T>,
    kind: Kind,
    split: Split,
    frontend_id: &str,
) -> Vec<u8> {
    let shape: Vec<i64> = match kind {
        Kind::LogMel => vec![clip.rows as i64, clip.bands as i64],
        Kind::Pcm => vec![clip.rows as i64],
    };
    Example::new([
        ("x", Value::bytes(to_le_bytes(&clip.x))),
        ("shape", Value::int64(shape)),
        ("label", Value::int64([clip.label as i64])),
        ("genre", Value::bytes(clip.genre.as_bytes())),
        ("clip", Value::bytes(clip.id.as_bytes())),
        ("split", Value::bytes(split.name().as_bytes())),
        ("frontend_id", Value::bytes(frontend_id.as_bytes())),
    ])
    .encode_to_vec()
}

/// What every record of a shard must agree with.
pub(crate) struct Expected<'a> {
    pub(crate) kind: Kind,
    pub(crate) split: Split,
    pub(crate) labels: &'a [String],
    pub(crate) frontend_id: &'a str,
    pub(crate) mel_bands: usize,
}

/// Reads a shard whole. Records that fail their checksum are left out and counted.
///
/// # Errors
/// [`Error::Io`]; [`Error::BadExample`] and [`Error::Frontend`] for records that are sound but not what `expected` says.
pub(crate) fn read<T: Scalar>(
    path: &Path,
    expected: &Expected<'_>,
) -> Result<(Vec<Clip<T>>, Losses), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let total_bytes = file.metadata().map_err(Error::io(path))?.len();
    let mut reader = Reader::new(BufReader::with_capacity(1 << 17, file), total_bytes);
    let mut clips = Vec::new();
    while let Some((index, data)) = reader.next().map_err(Error::io(path))? {
        let bad = |reason: String| Error::BadExample {
            path: path.to_owned(),
            index,
            reason,
        };
        let mut example = Example::decode(data).map_err(|error| bad(error.to_string()))?;
        let frontend_id = example.take_text("frontend_id").map_err(bad)?;
        if frontend_id != expected.frontend_id {
            return Err(Error::Frontend {
                path: path.to_owned(),
                expected: expected.frontend_id.to_owned(),
                actual: frontend_id,
            });
        }
        clips.push(decode(example, expected).map_err(bad)?);
    }
    Ok((clips, reader.losses()))
}

fn decode<T: Scalar>(mut example: Example, expected: &Expected<'_>) -> Result<Clip<T>, String> {
    let id = example.take_text("clip")?;
    let genre = example.take_text("genre")?;
    let split = example.take_text("split")?;
    if split != expected.split.name() {
        return Err(format!(
            "clip {id} says split {split}, its shard is {}",
            expected.split
        ));
    }
    let [label] = example.take_int64("label")?[..] else {
        return Err(format!("clip {id} has no single label"));
    };
    let label = usize::try_from(label)
        .ok()
        .filter(|&label| expected.labels.get(label) == Some(&genre))
        .ok_or_else(|| {
            format!("clip {id} says label {label} = {genre}, the data set's labels disagree")
        })?;
    let x = example.take_bytes("x")?;
    let shape = example.take_int64("shape")?;
    let (rows, bands) = match (expected.kind, shape.as_slice()) {
        (Kind::LogMel, &[rows, bands]) if usize::try_from(bands) == Ok(expected.mel_bands) => {
            (rows, expected.mel_bands)
        }
        (Kind::Pcm, &[rows]) => (rows, 1),
        _ => {
            return Err(format!(
                "clip {id} has shape {shape:?}, not that of {}",
                expected.kind
            ));
        }
    };
    let rows = usize::try_from(rows)
        .ok()
        .filter(|rows| rows.checked_mul(bands * T::BYTES) == Some(x.len()))
        .ok_or_else(|| format!("clip {id} has shape {shape:?} but {} bytes", x.len()))?;
    Ok(Clip {
        id,
        label,
        genre,
        rows,
        bands,
        x: from_le_bytes(&x),
    })
}
