//! A `tf.train.Example` read in place: a record's bytes go in, its features by name come out.
//!
//! A record is nearly all values: what a general decoder copies into vectors and maps is here a slice of the record, so
//! that values are converted once, straight to where they stay, and so that their place in the shard is known, which is
//! what reading single windows from disk needs. Nothing is allocated but one small entry a key.
//!
//! # Source
//! TensorFlow, `tensorflow/core/example/example.proto` and `feature.proto`; protobuf's encoding specification. Where a
//! key comes twice, the last one counts, as protobuf says of maps.

mod fields;
mod list;

pub(crate) use list::List;

use fields::Fields;

/// Most keys of a record: what is no data set of a few named features must not cost a search through millions.
const MOST_FEATURES: usize = 1024;

/// The features of one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExampleView<'a> {
    features: Vec<(&'a str, List<'a>)>,
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
