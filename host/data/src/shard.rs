//! Shards, and what a record of them holds: a clip's parts go in as bytes, and come out checked.

mod names;
mod open;

pub(crate) use names::{divide, is_shard, order_key, promised_records};
pub(crate) use open::{OpenShard, ShardFile};

use super::example::{Example, Value, key};
use super::stored::{Stored, StoredFile};
use super::tfrecord::Record;
use super::view::ExampleView;
use super::{Budget, Clip, Error, Kind, Scalar, Split, Values};
use crate::fma518;
use prost::Message;
use std::path::Path;
use std::sync::Arc;

/// The record of one clip, from its parts.
pub(crate) fn encode(clip: &Found<'_>, kind: Kind, split: Split, frontend_id: &str) -> Vec<u8> {
    let shape: Vec<i64> = match kind {
        Kind::LogMel => vec![clip.rows as i64, clip.bands as i64],
        Kind::Pcm => vec![clip.rows as i64],
        Kind::Fma518 => vec![clip.bands as i64],
    };
    Example::new([
        (key::X, Value::bytes(clip.x)),
        (key::SHAPE, Value::int64(shape)),
        (key::LABEL, Value::int64([clip.label as i64])),
        (key::GENRE, Value::bytes(clip.genre.as_bytes())),
        (key::CLIP, Value::bytes(clip.id.as_bytes())),
        (key::SPLIT, Value::bytes(split.name().as_bytes())),
        (key::FRONTEND_ID, Value::bytes(frontend_id.as_bytes())),
    ])
    .encode_to_vec()
}

/// What every record of a shard must agree with.
pub(crate) struct Expected {
    pub(crate) kind: Kind,
    pub(crate) split: Split,
    pub(crate) labels: Vec<String>,
    pub(crate) frontend_id: String,
    pub(crate) mel_bands: usize,
}

/// One clip as it lies in its record.
pub(crate) struct Found<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: usize,
    pub(crate) genre: &'a str,
    pub(crate) rows: usize,
    pub(crate) bands: usize,
    /// Little-endian values.
    pub(crate) x: &'a [u8],
}

/// The clip of one record: its values in memory as long as `budget` goes, else where they are.
///
/// # Errors
/// [`Error::BadExample`] and [`Error::Frontend`] for a record that is sound but not what `expected` says.
pub(crate) fn clip<T: Scalar>(
    path: &Path,
    stored: &Arc<StoredFile>,
    record: &Record<'_>,
    expected: &Expected,
    budget: &Budget,
) -> Result<Clip<T>, Error> {
    let found = find::<T>(path, record, expected)?;
    let values = if budget.take(found.x.len() as u64) {
        Values::Memory(T::load_all(found.x))
    } else {
        Values::Stored(Stored::new(stored, record.offset_of(found.x)))
    };
    Ok(found.into_clip(values))
}

/// Checks one record of values `T` and finds its parts.
fn find<'a, T: Scalar>(
    path: &Path,
    record: &Record<'a>,
    expected: &Expected,
) -> Result<Found<'a>, Error> {
    let bad = |reason: String| Error::bad_example(path, record.index, reason);
    let example = ExampleView::parse(record.data).map_err(bad)?;
    let frontend_id = example.text(key::FRONTEND_ID).map_err(bad)?;
    if frontend_id != expected.frontend_id {
        return Err(Error::Frontend {
            path: path.to_owned(),
            expected: expected.frontend_id.clone(),
            actual: frontend_id.to_owned(),
        });
    }
    check::<T>(&example, expected).map_err(bad)
}

fn check<'a, T: Scalar>(
    example: &ExampleView<'a>,
    expected: &Expected,
) -> Result<Found<'a>, String> {
    let id = example.text(key::CLIP)?;
    let genre = example.text(key::GENRE)?;
    let split = example.text(key::SPLIT)?;
    if split != expected.split.name() {
        return Err(format!(
            "clip {id} says split {split}, its shard is {}",
            expected.split
        ));
    }
    let [label] = example.ints(key::LABEL)?[..] else {
        return Err(format!("clip {id} has no single label"));
    };
    let label = usize::try_from(label)
        .ok()
        .filter(|&label| expected.labels.get(label).is_some_and(|name| name == genre))
        .ok_or_else(|| {
            format!("clip {id} says label {label} = {genre}, the data set's labels disagree")
        })?;
    let x = example.bytes(key::X)?;
    let shape = example.ints(key::SHAPE)?;
    let (rows, bands) = match (expected.kind, shape.as_slice()) {
        (Kind::LogMel, &[rows, bands]) if usize::try_from(bands) == Ok(expected.mel_bands) => {
            (rows, expected.mel_bands)
        }
        (Kind::Pcm, &[rows]) => (rows, 1),
        (Kind::Fma518, &[values]) if usize::try_from(values) == Ok(fma518::VALUES) => {
            (1, fma518::VALUES)
        }
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
    Ok(Found {
        id,
        label,
        genre,
        rows,
        bands,
        x,
    })
}

impl Found<'_> {
    pub(crate) fn into_clip<T>(self, values: Values<T>) -> Clip<T> {
        Clip {
            id: self.id.to_owned(),
            label: self.label,
            genre: self.genre.to_owned(),
            rows: self.rows,
            bands: self.bands,
            values,
        }
    }
}
