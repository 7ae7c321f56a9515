//! `tf.train.Example`: named features, each a list of bytes, floats or integers.
//!
//! # Source
//! TensorFlow, `tensorflow/core/example/example.proto` and `feature.proto`.

use std::collections::BTreeMap;

/// `tf.train.Example`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Example {
    #[prost(message, optional, tag = "1")]
    pub(crate) features: Option<Features>,
}

/// `tf.train.Features`. A sorted map, so that equal content gives equal bytes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Features {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) feature: BTreeMap<String, Feature>,
}

/// `tf.train.Feature`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Feature {
    #[prost(oneof = "Value", tags = "1, 2, 3")]
    pub(crate) value: Option<Value>,
}

/// The list a feature holds.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Value {
    #[prost(message, tag = "1")]
    Bytes(BytesList),
    #[prost(message, tag = "2")]
    Float(FloatList),
    #[prost(message, tag = "3")]
    Int64(Int64List),
}

/// `tf.train.BytesList`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) value: Vec<Vec<u8>>,
}

/// `tf.train.FloatList`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FloatList {
    #[prost(float, repeated, packed = "true", tag = "1")]
    pub(crate) value: Vec<f32>,
}

/// `tf.train.Int64List`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Int64List {
    #[prost(int64, repeated, packed = "true", tag = "1")]
    pub(crate) value: Vec<i64>,
}

impl Example {
    /// From features by name.
    pub(crate) fn new(features: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let feature = features
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Feature { value: Some(value) }))
            .collect();
        Self {
            features: Some(Features { feature }),
        }
    }

    /// Takes the single byte string under `name`.
    pub(crate) fn take_bytes(&mut self, name: &str) -> Result<Vec<u8>, String> {
        match self.take(name)? {
            Value::Bytes(mut list) if list.value.len() == 1 => Ok(list.value.swap_remove(0)),
            Value::Bytes(list) => Err(format!(
                "`{name}` holds {} byte strings, not 1",
                list.value.len()
            )),
            _ => Err(format!("`{name}` is not a bytes_list")),
        }
    }

    /// Takes the single text under `name`.
    pub(crate) fn take_text(&mut self, name: &str) -> Result<String, String> {
        String::from_utf8(self.take_bytes(name)?).map_err(|_| format!("`{name}` is not UTF-8"))
    }

    /// Takes the integers under `name`.
    pub(crate) fn take_int64(&mut self, name: &str) -> Result<Vec<i64>, String> {
        match self.take(name)? {
            Value::Int64(list) => Ok(list.value),
            _ => Err(format!("`{name}` is not an int64_list")),
        }
    }

    fn take(&mut self, name: &str) -> Result<Value, String> {
        self.features
            .as_mut()
            .and_then(|features| features.feature.remove(name))
            .and_then(|feature| feature.value)
            .ok_or_else(|| format!("it has no `{name}`"))
    }
}

impl Value {
    /// A list of one byte string.
    pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(BytesList {
            value: vec![value.into()],
        })
    }

    /// A list of integers.
    pub(crate) fn int64(value: impl Into<Vec<i64>>) -> Self {
        Self::Int64(Int64List {
            value: value.into(),
        })
    }
}
