//! [`Musicnn`] as ONNX, channels first as ONNX has them.
//!
//! A branch of the front end takes the maximum over bands before ReLU and norm, on a map a band wide instead of tens:
//! a ReLU does not change which value is the largest, nor does a norm with a positive scale. Where the scale is
//! negative the smallest value counts: that channel's kernel is negated before the maximum, and its sign given back
//! behind it.

use super::network::{Branch, COMPRESSION, Musicnn};
use crate::Input;
use crate::nn::layers::NormRelu;
use crate::onnx::fold::{ScaleShift, values};
use crate::onnx::graph::{Graph, Value, Weights};
use crate::onnx::input::prepared_input;
use crate::onnx::layer_ops::Conv;
use crate::onnx::layers::{convolution, dense_rectified, finish, norm};
use burn::tensor::backend::Backend;
use needledrop_data::window::NEPER_PER_DB;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &Musicnn<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("musicnn");
    let x = prepared_input(&mut graph, input);
    let x = compressed(&mut graph, &net.input_norm, &x);
    let x = graph.one_channel("picture", &x); // [N, 1, frames, bands]
    let maps: Vec<Value> = net
        .front
        .iter()
        .enumerate()
        .map(|(index, branch)| over_bands(&mut graph, &format!("front{index}"), branch, &x))
        .collect();
    let x = graph.concat("front", &maps.iter().collect::<Vec<_>>(), 1); // [N, channels, frames, 1]
    let mut all = vec![x.clone()];
    let mut x = x;
    for (index, branch) in net.middle.iter().enumerate() {
        let y = along_time(&mut graph, &format!("middle{index}"), branch, &x);
        x = match index {
            0 => y,
            _ => graph.binary("Add", &format!("middle{index}.sum"), &y, &x),
        };
        all.push(x.clone());
    }
    let all = graph.concat("all", &all.iter().collect::<Vec<_>>(), 1);
    // Maximum and mean over time, side by side: [N, channels, 2] to [N, 2 * channels].
    let most = graph.reduce("ReduceMax", "most", &all, 2);
    let mean = graph.reduce("ReduceMean", "mean", &all, 2);
    let pooled = graph.concat("pooled", &[&most, &mean], 2);
    let pooled = graph.flatten("pooled.flat", &pooled);
    let x = row_norm(&mut graph, "pool_norm", &net.pool_norm, &pooled);
    let x = dense_rectified(&mut graph, "embedding", &net.dense, &x);
    let x = row_norm(&mut graph, "embedding.norm", &net.dense_norm, &x);
    finish(graph, &net.head, &x)
}

/// dB of power to the logarithm that the front end sees, normed.
fn compressed<B: Backend>(graph: &mut Graph, layer: &NormRelu<B>, x: &Value) -> Value {
    let neper = graph.scalar("power.neper_per_db", NEPER_PER_DB as f32);
    let x = graph.binary("Mul", "power.nepers", x, &neper);
    let x = graph.unary("Exp", "power", &x);
    let factor = graph.scalar("compressed.factor", COMPRESSION);
    let x = graph.binary("Mul", "compressed.scaled", &x, &factor);
    let one = graph.scalar("compressed.one", 1.0);
    let x = graph.binary("Add", "compressed.above_one", &x, &one);
    let x = graph.unary("Log", "compressed.nepers", &x);
    let ScaleShift { scale, shift } = ScaleShift::of(layer);
    let per_decade = scale[0] / std::f64::consts::LN_10;
    let scale = graph.scalar("compressed.scale", per_decade as f32);
    let x = graph.binary("Mul", "compressed.unshifted", &x, &scale);
    let shift = graph.scalar("compressed.shift", shift[0]);
    graph.binary("Add", "compressed", &x, &shift)
}

/// `[N, 1, frames, bands]` to `[N, channels, frames, 1]`.
fn over_bands<B: Backend>(graph: &mut Graph, name: &str, branch: &Branch<B>, x: &Value) -> Value {
    let ScaleShift { scale, shift } = ScaleShift::of(&branch.norm);
    let signs: Vec<f32> = scale
        .iter()
        .map(|&scale| if scale < 0.0 { -1.0 } else { 1.0 })
        .collect();
    let kernel = branch.convolution.geometry.kernel;
    let [taps, to] = branch.convolution.weight.dims();
    let ours = values(branch.convolution.weight.val());
    let weight = Weights {
        shape: vec![to, 1, kernel[0], kernel[1]],
        values: (0..to * taps)
            .map(|at| ours[at % taps * to + at / taps] * signs[at / taps])
            .collect(),
    };
    let bias: Vec<f32> = values(branch.convolution.bias.val())
        .iter()
        .zip(&signs)
        .map(|(bias, sign)| bias * sign)
        .collect();
    let [before, behind] = branch.around;
    let conv = Conv {
        before: [before, 0],
        behind: [behind, 0],
        ..Conv::POINTWISE
    };
    let y = graph.conv(name, x, &weight, &bias, conv);
    let y = graph.reduce_kept("ReduceMax", &format!("{name}.most"), &y, 3);
    let mut per_channel = |part: &str, values: Vec<f32>| {
        let shape = vec![to, 1, 1];
        graph.weights(&format!("{name}.{part}"), &Weights { shape, values })
    };
    let scale = per_channel("scale", scale.iter().map(|&scale| scale as f32).collect());
    let shift = per_channel("shift", shift);
    let sign = signs.contains(&-1.0).then(|| per_channel("sign", signs));
    let y = match sign {
        Some(sign) => graph.binary("Mul", &format!("{name}.signed"), &y, &sign),
        None => y,
    };
    let y = graph.unary("Relu", &format!("{name}.relu"), &y);
    let y = graph.binary("Mul", &format!("{name}.scaled"), &y, &scale);
    graph.binary("Add", &format!("{name}.normed"), &y, &shift)
}

/// `[N, channels in, frames, 1]` to `[N, channels, frames, 1]`.
fn along_time<B: Backend>(graph: &mut Graph, name: &str, branch: &Branch<B>, x: &Value) -> Value {
    let y = convolution(graph, name, &branch.convolution, x);
    let y = graph.unary("Relu", &format!("{name}.relu"), &y);
    norm(graph, &format!("{name}.norm"), &branch.norm, &y)
}

/// A norm of `[N, values]`.
fn row_norm<B: Backend>(graph: &mut Graph, name: &str, layer: &NormRelu<B>, x: &Value) -> Value {
    let ScaleShift { scale, shift } = ScaleShift::of(layer);
    let mut row = |part: &str, values: Vec<f32>| {
        let shape = vec![values.len()];
        graph.weights(&format!("{name}.{part}"), &Weights { shape, values })
    };
    let scale = row("scale", scale.iter().map(|&scale| scale as f32).collect());
    let shift = row("shift", shift);
    let scaled = graph.binary("Mul", &format!("{name}.scaled"), x, &scale);
    graph.binary("Add", name, &scaled, &shift)
}
