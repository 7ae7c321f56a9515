//! Ordinary layers as ONNX has them: channels first, weights the other way round, gates in another order.

use super::fold::{ScaleShift, values};
use super::graph::{Graph, Value, Weights};
use super::layer_ops::Conv;
use crate::nn::Geometry;
use crate::nn::cell::Cell;
use crate::nn::dense::{Convolution, Dense};
use crate::nn::layers::NormRelu;
use crate::nn::recurrent::Recurrent;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// `[N, channels in, height, width]` to `[N, channels out, output height, output width]`.
pub fn convolution<B: Backend>(
    graph: &mut Graph,
    name: &str,
    layer: &Convolution<B>,
    x: &Value,
) -> Value {
    let [height, width] = layer.geometry.kernel;
    let [taps, to] = layer.weight.dims();
    let from = taps / (height * width);
    // [height, width, from, to] to [to, from, height, width].
    let ours = values(layer.weight.val());
    let mut theirs = Vec::with_capacity(ours.len());
    for out in 0..to {
        for channel in 0..from {
            for place in 0..height * width {
                theirs.push(ours[(place * from + channel) * to + out]);
            }
        }
    }
    let weight = Weights {
        shape: vec![to, from, height, width],
        values: theirs,
    };
    let bias = values(layer.bias.val());
    graph.conv(name, x, &weight, &bias, Conv::of(layer.geometry, 1))
}

/// A convolution with a ReLU behind it.
pub fn rectified<B: Backend>(
    graph: &mut Graph,
    name: &str,
    layer: &Convolution<B>,
    x: &Value,
) -> Value {
    let x = convolution(graph, name, layer, x);
    graph.unary("Relu", &format!("{name}.relu"), &x)
}

/// An ordinary convolution of a one-channel picture, weight `[taps, channels out]`, with the norm behind it folded in.
pub fn normed_stem<B: Backend>(
    graph: &mut Graph,
    name: &str,
    weight: Tensor<B, 2>,
    geometry: Geometry,
    norm: &NormRelu<B>,
    x: &Value,
) -> Value {
    let (weight, bias) = folded(&values(weight), geometry.kernel, norm);
    graph.conv(name, x, &weight, &bias, Conv::of(geometry, 1))
}

/// A depthwise convolution, weight `[kernel height, kernel width, channels]`, with the norm behind it folded in.
pub fn normed_depthwise<B: Backend>(
    graph: &mut Graph,
    name: &str,
    weight: Tensor<B, 3>,
    geometry: Geometry,
    norm: &NormRelu<B>,
    x: &Value,
) -> Value {
    let [_, _, channels] = weight.dims();
    let (weight, bias) = folded(&values(weight), geometry.kernel, norm);
    graph.conv(name, x, &weight, &bias, Conv::of(geometry, channels))
}

/// A pointwise convolution, weight `[channels in, channels out]`, with the norm behind it folded in.
pub fn normed_pointwise<B: Backend>(
    graph: &mut Graph,
    name: &str,
    weight: Tensor<B, 2>,
    norm: &NormRelu<B>,
    x: &Value,
) -> Value {
    let (weight, bias) = folded(&values(weight), [1, 1], norm);
    graph.conv(name, x, &weight, &bias, Conv::POINTWISE)
}

/// Weight `[channels out, channels in a group, kernel height, kernel width]` and bias of a convolution, `[.., channels
/// out]`, with a norm behind it.
fn folded<B: Backend>(
    weight: &[f32],
    [height, width]: [usize; 2],
    norm: &NormRelu<B>,
) -> (Weights, Vec<f32>) {
    let fold = ScaleShift::of(norm);
    let to = fold.shift.len();
    let weight = Weights {
        shape: vec![to, weight.len() / (to * height * width), height, width],
        values: fold.transpose(weight),
    };
    (weight, fold.shift)
}

/// Batch norm that no convolution before it can take up, `[N, channels, height, width]`.
pub fn norm<B: Backend>(graph: &mut Graph, name: &str, layer: &NormRelu<B>, x: &Value) -> Value {
    let ScaleShift { scale, shift } = ScaleShift::of(layer);
    let mut row = |part: &str, values: Vec<f32>| {
        let shape = vec![values.len(), 1, 1];
        graph.weights(&format!("{name}.{part}"), &Weights { shape, values })
    };
    let scale = row("scale", scale.iter().map(|&scale| scale as f32).collect());
    let shift = row("shift", shift);
    let scaled = graph.binary("Mul", &format!("{name}.scaled"), x, &scale);
    graph.binary("Add", name, &scaled, &shift)
}

/// `[rows, in]` to `[rows, out]`.
pub fn dense<B: Backend>(graph: &mut Graph, name: &str, layer: &Dense<B>, x: &Value) -> Value {
    let weight = Weights {
        shape: layer.weight.dims().to_vec(),
        values: values(layer.weight.val()),
    };
    graph.linear(name, x, &weight, &values(layer.bias.val()))
}

/// A fully connected layer with a ReLU behind it.
pub fn dense_rectified<B: Backend>(
    graph: &mut Graph,
    name: &str,
    layer: &Dense<B>,
    x: &Value,
) -> Value {
    let x = dense(graph, name, layer, x);
    graph.unary("Relu", &format!("{name}.relu"), &x)
}

/// What the last layer gives: the graph's output.
pub fn finish<B: Backend>(mut graph: Graph, head: &Dense<B>, x: &Value) -> Vec<u8> {
    let logits = dense(&mut graph, "logits", head, x);
    graph.finish(&logits, head.weight.dims()[1])
}

/// Channels last and flattened, as dense layers see a map in training: `[N, channels, height, width]` to `[N, values]`.
pub fn flatten_channels_last(graph: &mut Graph, name: &str, x: &Value) -> Value {
    let last = graph.transpose(&format!("{name}.channels_last"), x, &[0, 2, 3, 1]);
    graph.flatten(name, &last)
}

/// Position in our order of each gate in ONNX's: input, output, forget, new (LSTM); update, reset, new (GRU).
fn gates(cell: Cell) -> &'static [usize] {
    match cell {
        Cell::Lstm => &[0, 3, 1, 2],
        Cell::Gru => &[0, 1, 2],
    }
}

/// A recurrent layer, or two in opposite directions: `[steps, N, in]` to the last states `[directions, N, hidden]`.
pub fn recurrent<B: Backend>(
    graph: &mut Graph,
    name: &str,
    layers: &[&Recurrent<B>],
    x: &Value,
) -> Value {
    let (cell, hidden) = (layers[0].cell, layers[0].hidden());
    let (mut input, mut weight, mut bias) = (Vec::new(), Vec::new(), Vec::new());
    for layer in layers {
        input.extend(gates_first(cell, hidden, &values(layer.input.val())));
        weight.extend(gates_first(cell, hidden, &values(layer.weight.val())));
        bias.extend(gates_first(cell, hidden, &values(layer.input_bias.val())));
        bias.extend(gates_first(cell, hidden, &values(layer.bias.val())));
    }
    let (directions, width) = (layers.len(), cell.gates() * hidden);
    let weights = |values: Vec<f32>, shape: &[usize]| Weights {
        shape: shape.to_vec(),
        values,
    };
    let inputs = input.len() / (directions * width);
    let input = weights(input, &[directions, width, inputs]);
    let weight = weights(weight, &[directions, width, hidden]);
    let bias = weights(bias, &[directions, 2 * width]);
    graph.recurrent(name, x, cell, [&input, &weight, &bias])
}

/// `[rows, gates * hidden]` to `[gates * hidden, rows]`, gates in ONNX's order.
fn gates_first(cell: Cell, hidden: usize, ours: &[f32]) -> Vec<f32> {
    let width = cell.gates() * hidden;
    let rows = ours.len() / width;
    let columns = gates(cell)
        .iter()
        .flat_map(|gate| (0..hidden).map(move |unit| gate * hidden + unit));
    columns
        .flat_map(|column| (0..rows).map(move |row| ours[row * width + column]))
        .collect()
}
