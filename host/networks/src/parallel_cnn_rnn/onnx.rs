//! [`ParallelCnnRnn`] as ONNX.

use super::network::ParallelCnnRnn;
use crate::Input;
use crate::onnx::graph::Graph;
use crate::onnx::input::prepared_input;
use crate::onnx::layers::{finish, flatten_channels_last, rectified, recurrent};
use burn::tensor::backend::Backend;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &ParallelCnnRnn<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("parallel-cnn-rnn");
    let x = prepared_input(&mut graph, input); // [N, frames, bands]
    let window = graph.one_channel("channel", &x); // [N, 1, frames, bands]
    let mut x = window.clone();
    for (index, (layer, pool)) in net.convolutions.iter().zip(&net.pools).enumerate() {
        let y = rectified(&mut graph, &format!("conv{index}"), layer, &x);
        x = graph.max_pool(&format!("pool{index}"), &y, *pool);
    }
    let map = flatten_channels_last(&mut graph, "map", &x);
    let x = graph.max_pool("shorten", &window, net.shorten); // [N, 1, steps, bands]
    let x = graph.squeeze("steps", &x, 1); // [N, steps, bands]
    let x = graph.transpose("steps_first", &x, &[1, 0, 2]); // [steps, N, bands]
    let x = recurrent(&mut graph, "gru", &[&net.forward, &net.backward], &x); // [2, N, hidden]
    let x = graph.transpose("last", &x, &[1, 0, 2]); // [N, 2, hidden]
    let states = graph.flatten("states", &x); // [N, 2 * hidden]
    let x = graph.concat("features", &[&map, &states], 1);
    finish(graph, &net.head, &x)
}
