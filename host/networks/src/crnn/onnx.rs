//! [`Crnn`] as ONNX.

use super::network::{Crnn, POOL};
use crate::Input;
use crate::onnx::graph::Graph;
use crate::onnx::input::prepared_input;
use crate::onnx::layers::{dense_rectified, finish, norm, rectified, recurrent};
use burn::tensor::backend::Backend;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &Crnn<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("crnn");
    let x = prepared_input(&mut graph, input); // [N, frames, bands]
    let x = graph.transpose("bands_first", &x, &[0, 2, 1]); // [N, bands, frames]
    let mut x = graph.unsqueeze("picture", &x, 3); // [N, bands, frames, 1]
    for (index, (convolution, of)) in net.convolutions.iter().zip(&net.norms).enumerate() {
        let y = rectified(&mut graph, &format!("conv{index}"), convolution, &x);
        let y = norm(&mut graph, &format!("norm{index}"), of, &y);
        x = graph.max_pool(&format!("pool{index}"), &y, POOL);
    }
    let x = graph.squeeze("map", &x, 3); // [N, channels, steps]
    let x = graph.transpose("steps_first", &x, &[2, 0, 1]); // [steps, N, channels]
    let x = recurrent(&mut graph, "lstm", &[&net.lstm], &x); // [1, N, hidden]
    let x = graph.squeeze("last", &x, 0); // [N, hidden]
    let x = dense_rectified(&mut graph, "dense", &net.dense, &x);
    finish(graph, &net.head, &x)
}
