//! Shards: their names, what a record of them holds, reading them.

use super::example::{Example, Value};
use super::stored::{Stored, StoredFile};
use super::tfrecord::{Reader, Record};
use super::view::ExampleView;
use super::{Budget, Clip, Error, Kind, Losses, Scalar, Split, Values};
use crate::fma518;
use prost::Message;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// How many records a shard's name says it has.
pub(crate) fn promised_records(name: &str) -> Option<u64> {
    let (_, end) = name.strip_suffix(SUFFIX)?.split_once("-of-")?;
    let (shards, records) = end.split_once('-')?;
    shards.parse::<u32>().ok()?;
    records.parse().ok()
}

/// The record of one clip, from its parts.
pub(crate) fn encode(clip: &Found<'_>, kind: Kind, split: Split, frontend_id: &str) -> Vec<u8> {
    let shape: Vec<i64> = match kind {
        Kind::LogMel => vec![clip.rows as i64, clip.bands as i64],
        Kind::Pcm => vec![clip.rows as i64],
        Kind::Fma518 => vec![clip.bands as i64],
    };
    Example::new([
        ("x", Value::bytes(clip.x)),
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

/// A shard to be read, and the records it should hold where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShardFile {
    pub(crate) path: PathBuf,
    pub(crate) records: Option<u64>,
}

/// A shard that is being read.
pub(crate) struct OpenShard {
    file: ShardFile,
    stored: Arc<StoredFile>,
    reader: Reader<File>,
}

impl OpenShard {
    pub(crate) fn open(shard: ShardFile) -> Result<Self, Error> {
        let file = File::open(&shard.path).map_err(Error::io(&shard.path))?;
        let metadata = file.metadata().map_err(Error::io(&shard.path))?;
        Ok(Self {
            stored: StoredFile::new(&shard.path, &metadata),
            reader: Reader::new(file, metadata.len()),
            file: shard,
        })
    }

    /// Decodes the next sound record; `None` at the end.
    pub(crate) fn next<T>(
        &mut self,
        decode: impl FnOnce(&Path, &Arc<StoredFile>, &Record<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let path = &self.file.path;
        match self.reader.next_record().map_err(Error::io(path))? {
            Some(record) => decode(path, &self.stored, &record).map(Some),
            None => Ok(None),
        }
    }

    /// What had to be left out so far; to be asked for at the end.
    pub(crate) fn losses(&self) -> Losses {
        let losses = self.reader.losses();
        match self.file.records {
            Some(promised) => losses.with_promise(promised, self.reader.records()),
            None => losses,
        }
    }
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
    let bad = |reason: String| Error::BadExample {
        path: path.to_owned(),
        index: record.index,
        reason,
    };
    let example = ExampleView::parse(record.data).map_err(bad)?;
    let frontend_id = example.text("frontend_id").map_err(bad)?;
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
    let id = example.text("clip")?;
    let genre = example.text("genre")?;
    let split = example.text("split")?;
    if split != expected.split.name() {
        return Err(format!(
            "clip {id} says split {split}, its shard is {}",
            expected.split
        ));
    }
    let [label] = example.ints("label")?[..] else {
        return Err(format!("clip {id} has no single label"));
    };
    let label = usize::try_from(label)
        .ok()
        .filter(|&label| expected.labels.get(label).is_some_and(|name| name == genre))
        .ok_or_else(|| {
            format!("clip {id} says label {label} = {genre}, the data set's labels disagree")
        })?;
    let x = example.bytes("x")?;
    let shape = example.ints("shape")?;
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

#[cfg(test)]
mod tests {
    use super::{file_name, promised_records};
    use crate::{Kind, Split};

    #[test]
    fn a_name_says_how_many_records_there_are() {
        let name = file_name(Kind::LogMel, Split::Test, 3, 16, 250);
        assert_eq!(name, "logmel-test-00003-of-00016-250.tfrecord");
        assert_eq!(promised_records(&name), Some(250));
        for other in [
            "train-00000-of-00016.tfrecord",
            "train00-2071.tfrec",
            "a.tfrecord",
        ] {
            assert_eq!(promised_records(other), None);
        }
    }
}
