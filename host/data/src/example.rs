//! `tf.train.Example` to be written: named features, each a list of bytes, floats or integers. Reading is `view`.
//!
//! # Source
//! TensorFlow, `tensorflow/core/example/example.proto` and `feature.proto`.

use std::collections::BTreeMap;

/// Keys of our records; docs/shards.md says what is under them.
pub(crate) mod key {
    pub(crate) const X: &str = "x";
    pub(crate) const SHAPE: &str = "shape";
    pub(crate) const LABEL: &str = "label";
    pub(crate) const GENRE: &str = "genre";
    pub(crate) const CLIP: &str = "clip";
    pub(crate) const SPLIT: &str = "split";
    pub(crate) const FRONTEND_ID: &str = "frontend_id";
}

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
