//! ONNX files, written by hand: burn has no exporter that serves every network here.
//!
//! [`graph::Graph`] is the writer: it names values, keeps the order of calls and gives the same bytes for the same calls.
//! `window` writes what every model starts with, the preparation of the frontend's output; `compact` writes a network.

pub(crate) mod compact;
pub(crate) mod fold;
pub mod graph;
pub(crate) mod window;
