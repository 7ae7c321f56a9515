//! [`Mil`] as ONNX: the network of a window, which a board runs live, and the network of a song.

use super::network::{CEPSTRA, LEAST_PROBABILITY, Mil, POOLS};
use crate::cepstra::dct;
use crate::onnx::fold::values;
use crate::onnx::graph::{Graph, Value, Weights};
use crate::onnx::input::{normalised, prepared_input, scaled_input};
use crate::onnx::layers::{
    convolution, dense, dense_rectified, finish, flatten_channels_last, rectified,
};
use crate::{Input, Pool};
use burn::tensor::backend::Backend;

/// The file of the network of a window.
pub(super) fn window<B: Backend>(net: &Mil<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("mil");
    let x = prepared_input(&mut graph, input); // [N, frames, bands]
    let x = features(&mut graph, net, input, &x); // [N, units]
    finish(graph, &net.head, &x)
}

/// The file of the network of a song: windows cut, each judged, their answers pooled.
pub(super) fn song<B: Backend>(net: &Mil<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("mil-song");
    let (window, bag) = (input.window, input.bag);
    let x = scaled_input(&mut graph, input, input.span().frames); // [N, rows of a song, bands]
    let rows: Vec<i64> = (0..bag)
        .flat_map(|index| (0..window.frames).map(move |row| (index * window.hop + row) as i64))
        .collect();
    let x = graph.gather("windows", &x, 1, &[bag, window.frames], &rows); // [N, bag, frames, bands]
    let shape = [-1, window.frames as i64, window.bands as i64];
    let x = graph.reshape("window", &x, &shape); // [N * bag, frames, bands]
    let x = normalised(&mut graph, "norm", &x, input);
    let x = features(&mut graph, net, input, &x); // [N * bag, units]
    let classes = net.head.weight.dims()[1];
    let logits = dense(&mut graph, "window.logits", &net.head, &x);
    let shape = [-1, bag as i64, classes as i64];
    let logits = graph.reshape("window.answers", &logits, &shape); // [N, bag, classes]
    let pooled = match (&net.attention, net.pool) {
        (Some(attention), _) => {
            let hidden = dense(&mut graph, "attention.hidden", &attention.hidden, &x);
            let hidden = graph.unary("Tanh", "attention.tanh", &hidden);
            let score = Weights {
                shape: attention.score.dims().to_vec(),
                values: values(attention.score.val()),
            };
            let score = graph.weights("attention.weight", &score);
            let scores = graph.binary("MatMul", "attention.scores", &hidden, &score);
            let scores = graph.reshape("attention.by_song", &scores, &[-1, bag as i64, 1]);
            let shares = graph.softmax("attention.shares", &scores, 1);
            let weighed = graph.binary("Mul", "attention.weighed", &logits, &shares);
            graph.sum("logits", &weighed, 1)
        }
        (None, Pool::Max) => graph.reduce("ReduceMax", "logits", &logits, 1),
        (None, _) => {
            let probabilities = graph.softmax("window.probabilities", &logits, 2);
            let mean = graph.mean("song.mean", &probabilities, &[1]); // [N, 1, classes]
            let least = graph.scalar("song.least", LEAST_PROBABILITY);
            let mean = graph.binary("Max", "song.probabilities", &mean, &least);
            let mean = graph.squeeze("song.answer", &mean, 1);
            graph.unary("Log", "logits", &mean)
        }
    };
    graph.finish(&pooled, classes)
}

/// Normalised windows `[N, frames, bands]` to what the last layer sees.
fn features<B: Backend>(graph: &mut Graph, net: &Mil<B>, input: &Input, x: &Value) -> Value {
    let bands = input.window.bands;
    let dct = Weights {
        shape: vec![bands, CEPSTRA],
        values: dct(bands, CEPSTRA),
    };
    let dct = graph.weights("dct", &dct);
    let x = graph.binary("MatMul", "cepstra", x, &dct); // [N, frames, cepstra]
    let mut x = graph.one_channel("channel", &x); // [N, 1, frames, cepstra]
    for (index, (layer, pool)) in net.convolutions.iter().zip(POOLS).enumerate() {
        let name = format!("conv{index}");
        let y = match index {
            0 => convolution(graph, &name, layer, &x),
            _ => rectified(graph, &name, layer, &x),
        };
        x = graph.max_pool(&format!("pool{index}"), &y, pool);
    }
    let mut x = flatten_channels_last(graph, "flat", &x);
    for (index, layer) in net.dense.iter().enumerate() {
        x = dense_rectified(graph, &format!("dense{index}"), layer, &x);
    }
    x
}
