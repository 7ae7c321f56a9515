//! What one record of others says: its bytes go in, everything but its values comes out.

use super::values::{self, Scale};
use crate::example::key;
use crate::view::{ExampleView, List};
use crate::{Kind, Split};
use needledrop_frontend::FrontendConfig;

/// A label as text or as a number.
const CLASS: &str = "class";
/// A label as a 1 among noughts.
const ONE_HOT: &str = "one_hot_class";
/// The articles' raw audio.
const SONG: &str = "song";
/// The frontend that raw audio goes through; its rate is that of raw audio, the articles' 22 050 Hz.
pub(super) const RAW_AUDIO: FrontendConfig = FrontendConfig::SEED;

/// All of a record but its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    /// `clip`.
    pub(super) id: Option<String>,
    /// What must not be divided between splits: `artist`, else `clip`.
    pub(super) group: Option<String>,
    pub(super) class: Class,
    pub(super) split: Option<Split>,
    pub(super) frontend_id: Option<String>,
    pub(super) kind: Kind,
    pub(super) rows: usize,
    pub(super) bands: usize,
    /// Largest magnitude of raw audio as floats; 0 for all else.
    pub(super) loudest: f32,
}

/// A label as a record gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Name(String),
    Number(u64),
}

/// The values of a record as they lie in it.
pub(super) struct Found<'a> {
    pub(super) kind: Kind,
    pub(super) rows: usize,
    pub(super) bands: usize,
    list: List<'a>,
}

impl Seen {
    /// Reads a record.
    pub(super) fn of(record: &[u8]) -> Result<Self, String> {
        let example = ExampleView::parse(record)?;
        let found = found(&example)?;
        let text = |name: &str| -> Result<Option<String>, String> {
            match example.get(name) {
                Some(List::Bytes(_)) => example.text(name).map(|text| Some(text.to_owned())),
                _ => Ok(None),
            }
        };
        let split = match text(key::SPLIT)? {
            Some(split) => Some(split.parse().map_err(|error| format!("{error}"))?),
            None => None,
        };
        for name in ["sample_rate", "sample_rate_hz"] {
            if let (Kind::Pcm, Some(List::Ints(_))) = (found.kind, example.get(name)) {
                let rate = single(name, &example.ints(name)?)?;
                let rate_hz = RAW_AUDIO.sample_rate_hz;
                if rate != i64::from(rate_hz) {
                    return Err(format!(
                        "`{name}` is {rate}; raw audio of others is read at {rate_hz} Hz, resample it"
                    ));
                }
            }
        }
        let id = text(key::CLIP)?;
        Ok(Self {
            group: text("artist")?.or_else(|| id.clone()),
            id,
            class: class(&example)?,
            split,
            frontend_id: text(key::FRONTEND_ID)?,
            kind: found.kind,
            rows: found.rows,
            bands: found.bands,
            loudest: match found.kind {
                Kind::Pcm => values::loudest(found.list)?,
                _ => 0.0,
            },
        })
    }
}

/// Finds the values: `song`, or `x` with its `shape`.
pub(super) fn found<'a>(example: &ExampleView<'a>) -> Result<Found<'a>, String> {
    let (name, list, shape) = match (example.get(SONG), example.get(key::X)) {
        (Some(song), _) => (SONG, song, None),
        (None, Some(x)) => (key::X, x, Some(example.ints(key::SHAPE)?)),
        (None, None) => return Err(format!("it has neither `x` nor `{SONG}`")),
    };
    let count = values::count(list).map_err(|reason| format!("`{name}` {reason}"))?;
    let size = |size: i64| usize::try_from(size).ok().filter(|&size| size > 0);
    let (kind, rows, bands) = match shape.as_deref() {
        None => (Kind::Pcm, count, 1),
        Some(&[samples]) if size(samples) == Some(count) => (Kind::Pcm, count, 1),
        Some(&[rows, bands]) => match (size(rows), size(bands)) {
            (Some(rows), Some(bands)) if rows.checked_mul(bands) == Some(count) => {
                (Kind::LogMel, rows, bands)
            }
            _ => return Err(disagree(&[rows, bands], count)),
        },
        Some(shape) => return Err(disagree(shape, count)),
    };
    Ok(Found {
        kind,
        rows,
        bands,
        list,
    })
}

fn disagree(shape: &[i64], count: usize) -> String {
    let shape = &shape[..shape.len().min(4)];
    format!("`shape` {shape:?} and {count} values in `x` disagree; bytes hold 16-bit values")
}

impl<'a> Found<'a> {
    /// The values as ours.
    pub(super) fn values(&self, scale: Scale) -> Result<Vec<i16>, String> {
        values::convert(self.list, self.kind, scale)
    }

    /// The values' bytes, when they are ours already.
    pub(super) fn in_place(&self) -> Option<&'a [u8]> {
        match self.list {
            List::Bytes(_) => self.list.bytes().ok(),
            _ => None,
        }
    }
}

/// The label: a name (`genre`, or `class` as text), else a number (`label`, `class`), else the one of `one_hot_class`.
fn class(example: &ExampleView<'_>) -> Result<Class, String> {
    for name in [key::GENRE, CLASS, key::LABEL] {
        if let Some(List::Bytes(_)) = example.get(name) {
            return example.text(name).map(|text| Class::Name(text.to_owned()));
        }
    }
    let one_hot = match example.get(ONE_HOT) {
        Some(list) => {
            Some(values::the_one(list).map_err(|reason| format!("`{ONE_HOT}` {reason}"))?)
        }
        None => None,
    };
    for name in [key::LABEL, CLASS] {
        if example.get(name).is_some() {
            let number = single(name, &example.ints(name)?)?;
            let number = u64::try_from(number).map_err(|_| format!("`{name}` is {number}"))?;
            return match one_hot {
                Some(one) if one != number => {
                    Err(format!("`{name}` is {number} but `{ONE_HOT}` says {one}"))
                }
                _ => Ok(Class::Number(number)),
            };
        }
    }
    one_hot.map(Class::Number).ok_or_else(|| {
        "it has no label: none of `genre`, `class`, `label`, `one_hot_class`".to_owned()
    })
}

fn single(name: &str, values: &[i64]) -> Result<i64, String> {
    match values {
        [value] => Ok(*value),
        _ => Err(format!("`{name}` holds {} numbers, not 1", values.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Seen};
    use crate::Kind;
    use crate::example::{Example, FloatList, Value};
    use proptest::prelude::*;
    use prost::Message;

    fn floats(values: &[f32]) -> Value {
        Value::Float(FloatList {
            value: values.to_vec(),
        })
    }

    fn seen<const N: usize>(features: [(&'static str, Value); N]) -> Result<Seen, String> {
        Seen::of(&Example::new(features).encode_to_vec())
    }

    #[test]
    fn what_a_record_lacks_or_contradicts_is_named() {
        let song = || ("song", floats(&[0.5, -0.25]));
        let class = |number: i64| ("class", Value::int64([number]));
        let two = |x: Value| [("x", x), ("shape", Value::int64([1, 2])), class(0)];
        for (record, expected) in [
            (seen([class(1)]), "neither `x` nor `song`"),
            (seen([song()]), "it has no label"),
            (seen([song(), class(-1)]), "`class` is -1"),
            (
                seen([song(), ("class", Value::int64([1, 2]))]),
                "holds 2 numbers",
            ),
            (
                seen([song(), class(1), ("one_hot_class", floats(&[1.0, 0.0]))]),
                "`one_hot_class` says 0",
            ),
            (
                seen([song(), ("one_hot_class", floats(&[0.5, 0.5]))]),
                "not a single 1",
            ),
            (seen([("song", floats(&[f32::NAN])), class(0)]), "no number"),
            (seen([("song", floats(&[1e9])), class(0)]), "beyond 16 bits"),
            (
                seen([song(), class(0), ("sample_rate", Value::int64([44_100]))]),
                "is 44100",
            ),
            (
                seen([song(), class(0), ("split", Value::bytes("third"))]),
                "unknown split third",
            ),
            (seen([("x", floats(&[0.0])), class(0)]), "it has no `shape`"),
            (seen(two(floats(&[0.0; 3]))), "disagree"),
            (seen(two(Value::bytes([0; 5]))), "no whole 16-bit values"),
            (seen(two(Value::bytes([0; 6]))), "disagree"),
        ] {
            let error = record.unwrap_err();
            assert!(error.contains(expected), "{error}, not {expected}");
        }
        let found = seen(two(Value::bytes([0; 4]))).unwrap();
        assert_eq!((found.kind, found.rows, found.bands), (Kind::LogMel, 1, 2));
        let found = seen([song(), ("one_hot_class", Value::int64([0, 0, 1]))]).unwrap();
        assert_eq!((found.class, found.loudest), (Class::Number(2), 0.5));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Seen::of(&bytes);
        }

        #[test]
        fn a_mutated_record_is_a_record_or_an_error(
            shape in prop::collection::vec(any::<i64>(), 0..4),
            x in prop::collection::vec(any::<u8>(), 0..20),
            song in prop::collection::vec(any::<f32>(), 0..20),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
        ) {
            let record = Example::new([
                ("x", Value::bytes(x)),
                ("shape", Value::int64(shape)),
                ("song", floats(&song)),
                ("genre", Value::bytes("waltz")),
                ("split", Value::bytes("train")),
            ]);
            let mut bytes = record.encode_to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = Seen::of(&bytes);
        }
    }
}
