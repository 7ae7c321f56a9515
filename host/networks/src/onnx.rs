//! ONNX files, written by hand: burn has no exporter that serves every network here.
//!
//! [`graph::Graph`] is the writer: it names values, keeps the order of calls and gives the same bytes for the same calls.
//! `input` writes what every model starts with, the preparation of the frontend's output; the others write a network each.

pub mod ensemble;
pub mod fold;
pub mod graph;
pub mod input;
pub mod layers;
pub mod merge;
pub mod tensor_ops;
#[cfg(test)]
mod tests;
