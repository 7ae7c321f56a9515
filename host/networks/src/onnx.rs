//! ONNX files, written by hand: burn has no exporter that serves every network here.
//!
//! [`graph::Graph`] is the writer: it names values, keeps the order of calls and gives the same bytes for the same
//! calls; `tensor_ops` and `layer_ops` are its operators. `input` writes what every model starts with, the preparation
//! of the frontend's output, `layers` a layer of [`crate::nn`] each; a network's folder writes the network. `merge` and
//! `ensemble` make one graph of several files.

pub mod ensemble;
pub mod fold;
pub mod graph;
pub mod input;
pub mod layer_ops;
pub mod layers;
pub mod merge;
#[cfg(test)]
pub(crate) mod parity;
pub mod tensor_ops;
#[cfg(test)]
mod tests;
