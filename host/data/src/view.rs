//! A `tf.train.Example` read in place.
//!
//! A record is nearly all values: what a general decoder copies into vectors and maps is here a slice of the record, so
//! that values are converted once, straight to where they stay, and so that their place in the shard is known, which is
//! what reading single windows from disk needs. Nothing is allocated but one small entry a key.
//!
//! # Source
//! TensorFlow, `tensorflow/core/example/example.proto` and `feature.proto`; protobuf's encoding specification. Where a
//! key comes twice, the last one counts, as protobuf says of maps.

/// Most keys of a record: what is no data set of a few named features must not cost a search through millions.
const MOST_FEATURES: usize = 1024;

/// Most integers that are kept of a list at once: they take eight bytes each where a record may have one.
const MOST_INTS: usize = 1 << 16;

/// The features of one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExampleView<'a> {
    features: Vec<(&'a str, List<'a>)>,
}

/// The list that a feature holds, undecoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum List<'a> {
    /// `BytesList`.
    Bytes(&'a [u8]),
    /// `FloatList`.
    Floats(&'a [u8]),
    /// `Int64List`.
    Ints(&'a [u8]),
    /// A feature without any list: TensorFlow writes it for "nothing".
    Empty,
}

impl<'a> ExampleView<'a> {
    /// Finds the features; their values are looked at when asked for.
    pub(crate) fn parse(record: &'a [u8]) -> Result<Self, String> {
        let mut features: Vec<(&str, List<'_>)> = Vec::new();
        for field in Fields(record) {
            let (1, map) = field?.message()? else {
                continue;
            };
            for entry in Fields(map) {
                if let (1, entry) = entry?.message()? {
                    let (name, list) = map_entry(entry)?;
                    let known = features.iter().position(|(known, _)| *known == name);
                    match known {
                        Some(index) => features[index].1 = list,
                        None if features.len() == MOST_FEATURES => {
                            return Err(format!("it has more than {MOST_FEATURES} features"));
                        }
                        None => features.push((name, list)),
                    }
                }
            }
        }
        Ok(Self { features })
    }

    /// The list under `name`, if there is one.
    pub(crate) fn get(&self, name: &str) -> Option<List<'a>> {
        self.features
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, list)| *list)
            .filter(|list| *list != List::Empty)
    }

    fn need(&self, name: &str) -> Result<List<'a>, String> {
        self.get(name).ok_or_else(|| format!("it has no `{name}`"))
    }

    /// The single byte string under `name`.
    pub(crate) fn bytes(&self, name: &str) -> Result<&'a [u8], String> {
        self.need(name)?.bytes().map_err(of(name))
    }

    /// The single text under `name`.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes(name)?).map_err(|_| format!("`{name}` is not UTF-8"))
    }

    /// The integers under `name`.
    pub(crate) fn ints(&self, name: &str) -> Result<Vec<i64>, String> {
        self.need(name)?.ints().map_err(of(name))
    }
}

/// For `map_err`: says which feature it was.
fn of(name: &str) -> impl Fn(String) -> String + '_ {
    move |reason| format!("`{name}` {reason}")
}

fn map_entry(entry: &[u8]) -> Result<(&str, List<'_>), String> {
    let (mut name, mut list) = ("", List::Empty);
    for field in Fields(entry) {
        match field?.message()? {
            (1, key) => {
                name =
                    std::str::from_utf8(key).map_err(|_| "a key of it is not UTF-8".to_owned())?;
            }
            (2, feature) => list = either(list, one_list(feature)?)?,
            _ => {}
        }
    }
    Ok((name, list))
}

fn one_list(feature: &[u8]) -> Result<List<'_>, String> {
    let mut list = List::Empty;
    for field in Fields(feature) {
        let next = match field?.message()? {
            (1, message) => List::Bytes(message),
            (2, message) => List::Floats(message),
            (3, message) => List::Ints(message),
            _ => continue,
        };
        list = either(list, next)?;
    }
    Ok(list)
}

/// Protobuf would join the pieces of a list; no writer of TFRecord makes any.
fn either<'a>(one: List<'a>, other: List<'a>) -> Result<List<'a>, String> {
    match (one, other) {
        (list, List::Empty) | (List::Empty, list) => Ok(list),
        _ => Err("a feature of it holds two lists".to_owned()),
    }
}

impl<'a> List<'a> {
    /// The list's only byte string.
    pub(crate) fn bytes(self) -> Result<&'a [u8], String> {
        let Self::Bytes(message) = self else {
            return Err("is not a bytes_list".to_owned());
        };
        let mut only = None;
        let mut count = 0;
        for field in Fields(message) {
            if let (1, value) = field?.message()? {
                only = Some(value);
                count += 1;
            }
        }
        match (only, count) {
            (Some(value), 1) => Ok(value),
            _ => Err(format!("holds {count} byte strings, not 1")),
        }
    }

    /// The list's integers.
    pub(crate) fn ints(self) -> Result<Vec<i64>, String> {
        let mut values = Vec::new();
        let mut count = 0;
        self.each_int(|value| {
            count += 1;
            if count <= MOST_INTS {
                values.push(value);
            }
        })?;
        match count {
            0..=MOST_INTS => Ok(values),
            _ => Err(format!(
                "holds {count} integers; at most {MOST_INTS} are read"
            )),
        }
    }

    /// Calls `visit` with each integer.
    pub(crate) fn each_int(self, mut visit: impl FnMut(i64)) -> Result<(), String> {
        let Self::Ints(message) = self else {
            return Err("is not an int64_list".to_owned());
        };
        for field in Fields(message) {
            match field? {
                Field {
                    number: 1,
                    payload: Payload::Message(mut packed),
                } => {
                    while !packed.is_empty() {
                        visit(varint(&mut packed)?.cast_signed());
                    }
                }
                Field {
                    number: 1,
                    payload: Payload::Varint(value),
                } => visit(value.cast_signed()),
                Field { number: 1, .. } => return Err("holds what are no integers".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Calls `visit` with each float.
    pub(crate) fn each_float(self, mut visit: impl FnMut(f32)) -> Result<(), String> {
        let Self::Floats(message) = self else {
            return Err("is not a float_list".to_owned());
        };
        for field in Fields(message) {
            match field? {
                Field {
                    number: 1,
                    payload: Payload::Message(packed),
                } => {
                    let (floats, rest) = packed.as_chunks();
                    if !rest.is_empty() {
                        return Err("ends inside a float".to_owned());
                    }
                    floats
                        .iter()
                        .for_each(|bytes| visit(f32::from_le_bytes(*bytes)));
                }
                Field {
                    number: 1,
                    payload: Payload::Fixed32(bytes),
                } => visit(f32::from_le_bytes(bytes)),
                Field { number: 1, .. } => return Err("holds what are no floats".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The fields of a message, in order.
struct Fields<'a>(&'a [u8]);

struct Field<'a> {
    number: u64,
    payload: Payload<'a>,
}

enum Payload<'a> {
    Varint(u64),
    Fixed64,
    Message(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Field<'a> {
    /// Number and bytes of a length-delimited field; number 0, which none has, for the other wire types.
    fn message(self) -> Result<(u64, &'a [u8]), String> {
        match self.payload {
            Payload::Message(bytes) => Ok((self.number, bytes)),
            _ => Ok((0, &[])),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = next_field(&mut self.0);
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

fn next_field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, String> {
    let key = varint(rest)?;
    let payload = match key & 7 {
        0 => Payload::Varint(varint(rest)?),
        1 => {
            take(rest, 8)?;
            Payload::Fixed64
        }
        2 => {
            let length = varint(rest)?;
            Payload::Message(take(rest, usize::try_from(length).unwrap_or(usize::MAX))?)
        }
        5 => {
            let bytes = take(rest, 4)?;
            Payload::Fixed32(std::array::from_fn(|i| bytes[i]))
        }
        other => return Err(format!("it has a field of wire type {other}")),
    };
    match key >> 3 {
        0 => Err("it has a field numbered 0".to_owned()),
        number => Ok(Field { number, payload }),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, left) = rest
        .split_at_checked(length)
        .ok_or_else(|| "it ends inside a field".to_owned())?;
    *rest = left;
    Ok(taken)
}

/// Seven bits a byte, least significant first, at most ten bytes.
fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for (index, &byte) in rest.iter().enumerate().take(10) {
        // The tenth byte holds the 64th bit alone.
        if index == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err("it has a number that is no varint".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{ExampleView, List};
    use crate::example::{BytesList, Example, FloatList, Int64List, Value};
    use proptest::prelude::*;
    use prost::Message;

    fn floats(list: List<'_>) -> Result<Vec<f32>, String> {
        let mut values = Vec::new();
        list.each_float(|value| values.push(value))?;
        Ok(values)
    }

    /// What prost decodes and what the view gives are the same, key by key.
    fn agrees(view: &ExampleView<'_>, example: &Example) -> Result<(), TestCaseError> {
        let Some(features) = &example.features else {
            prop_assert_eq!(view.features.len(), 0);
            return Ok(());
        };
        prop_assert_eq!(view.features.len(), features.feature.len());
        for (name, feature) in &features.feature {
            let list = view.get(name);
            match &feature.value {
                None => prop_assert_eq!(list, None),
                Some(Value::Bytes(expected)) => match &expected.value[..] {
                    [only] => prop_assert_eq!(view.bytes(name), Ok(&only[..])),
                    _ => prop_assert!(view.bytes(name).is_err()),
                },
                Some(Value::Float(expected)) => {
                    let bits =
                        |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                    prop_assert_eq!(bits(&floats(list.unwrap()).unwrap()), bits(&expected.value));
                }
                Some(Value::Int64(expected)) => {
                    prop_assert_eq!(view.ints(name), Ok(expected.value.clone()));
                }
            }
        }
        Ok(())
    }

    fn value() -> impl Strategy<Value = Value> {
        let bytes = prop::collection::vec(any::<u8>(), 0..20);
        prop_oneof![
            prop::collection::vec(bytes, 0..3).prop_map(|value| Value::Bytes(BytesList { value })),
            prop::collection::vec(any::<f32>(), 0..9)
                .prop_map(|value| Value::Float(FloatList { value })),
            prop::collection::vec(any::<i64>(), 0..9)
                .prop_map(|value| Value::Int64(Int64List { value })),
        ]
    }

    fn example() -> impl Strategy<Value = Example> {
        let names = prop_oneof![Just("x"), Just("shape"), Just("clip"), Just("")];
        prop::collection::vec((names, value()), 0..6).prop_map(Example::new)
    }

    #[test]
    fn unpacked_lists_are_read() {
        // Int64List with field 1 as two varints, FloatList with field 1 as fixed32.
        let mut visited = Vec::new();
        List::Ints(&[
            8, 5, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ])
        .each_int(|value| visited.push(value))
        .unwrap();
        assert_eq!(visited, [5, -1]);
        assert_eq!(floats(List::Floats(&[13, 0, 0, 128, 63])), Ok(vec![1.0]));
    }

    #[test]
    fn what_is_asked_for_and_is_not_there_is_named() {
        let bytes = Example::new([("x", Value::int64([1]))]).encode_to_vec();
        let view = ExampleView::parse(&bytes).unwrap();
        assert_eq!(view.bytes("x").unwrap_err(), "`x` is not a bytes_list");
        assert_eq!(view.ints("label").unwrap_err(), "it has no `label`");
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let mut bytes = Example::new([("x", Value::int64([1]))]).encode_to_vec();
        bytes.extend(Example::new([("x", Value::int64([2]))]).encode_to_vec());
        assert_eq!(ExampleView::parse(&bytes).unwrap().ints("x"), Ok(vec![2]));
    }

    proptest! {
        #[test]
        fn it_reads_what_prost_reads(example in example()) {
            let bytes = example.encode_to_vec();
            agrees(&ExampleView::parse(&bytes).unwrap(), &example)?;
        }

        #[test]
        fn a_mutated_example_is_read_alike_or_refused(
            example in example(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = example.encode_to_vec();
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            any_bytes(&bytes)?;
        }

        #[test]
        fn arbitrary_bytes_are_read_alike_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            any_bytes(&bytes)?;
        }
    }

    /// No panic, and no other values than prost's where prost reads the bytes too.
    fn any_bytes(bytes: &[u8]) -> Result<(), TestCaseError> {
        let Ok(view) = ExampleView::parse(bytes) else {
            return Ok(());
        };
        for (name, list) in &view.features {
            let _ = (list.bytes(), list.ints(), floats(*list), view.text(name));
        }
        match Example::decode(bytes) {
            Ok(example) => agrees_or_refuses(&view, &example),
            Err(_) => Ok(()),
        }
    }

    fn agrees_or_refuses(view: &ExampleView<'_>, example: &Example) -> Result<(), TestCaseError> {
        for (name, list) in &view.features {
            let feature = example.features.as_ref().unwrap().feature.get(*name);
            let theirs = feature.and_then(|feature| feature.value.as_ref());
            match (list, theirs) {
                (List::Ints(_), Some(Value::Int64(expected))) => {
                    prop_assert_eq!(&list.ints().unwrap(), &expected.value);
                }
                (List::Floats(_), Some(Value::Float(expected))) => {
                    prop_assert_eq!(floats(*list).unwrap().len(), expected.value.len());
                }
                (List::Bytes(_), Some(Value::Bytes(expected))) if expected.value.len() == 1 => {
                    prop_assert_eq!(list.bytes().unwrap(), &expected.value[0][..]);
                }
                (List::Bytes(_), Some(Value::Bytes(_))) => prop_assert!(list.bytes().is_err()),
                (List::Empty, None) => {}
                (ours, theirs) => prop_assert!(false, "{:?} but {:?}", ours, theirs),
            }
        }
        Ok(())
    }
}
