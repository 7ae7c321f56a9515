//! ONNX files, written by hand: burn has no exporter that serves every network here.
//!
//! [`graph::Graph`] is the writer: it names values, keeps the order of calls and gives the same bytes for the same calls.
//! `input` writes what every model starts with, the preparation of the frontend's output; the others write a network each.

pub(crate) mod compact;
pub(crate) mod crnn;
pub(crate) mod ensemble;
pub(crate) mod fold;
pub mod graph;
pub(crate) mod input;
pub(crate) mod layers;
pub(crate) mod merge;
pub(crate) mod mil;
pub(crate) mod mobilenet;
pub(crate) mod parallel;
pub(crate) mod raw_cnn;
pub(crate) mod statistics;
pub(crate) mod tensor_ops;
#[cfg(test)]
mod tests;
