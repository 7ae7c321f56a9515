//! [`RawCnn`] as ONNX.

use super::network::{POOL, RawCnn};
use crate::Input;
use crate::onnx::graph::Graph;
use crate::onnx::input::prepared_input;
use crate::onnx::layers::{dense_rectified, finish, flatten_channels_last, rectified};
use burn::tensor::backend::Backend;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &RawCnn<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("raw-cnn");
    let x = prepared_input(&mut graph, input); // [N, samples]
    let x = graph.unsqueeze("channel", &x, 1); // [N, 1, samples]
    let mut x = graph.unsqueeze("picture", &x, 3); // [N, 1, samples, 1]
    for (index, layer) in net.convolutions.iter().enumerate() {
        let y = rectified(&mut graph, &format!("conv{index}"), layer, &x);
        x = graph.max_pool(&format!("pool{index}"), &y, POOL);
    }
    let mut x = flatten_channels_last(&mut graph, "flat", &x);
    for (index, layer) in net.dense.iter().enumerate() {
        x = dense_rectified(&mut graph, &format!("dense{index}"), layer, &x);
    }
    finish(graph, &net.head, &x)
}
