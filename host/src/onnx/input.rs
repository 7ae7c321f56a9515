//! What every model starts with: the stored integers to what the network learned from.

use super::graph::{Graph, Value, Weights};
use crate::train::Input;
use crate::train::window::{LEAST_DEVIATION_DB, TRAILING_UNIT_DB};
use needledrop_bundle::Norm;

/// Input `x` to normalised windows, `[N, frames, bands]` or `[N, samples]`: the twin of what [`Input`] does in training.
pub(crate) fn prepared_input(graph: &mut Graph, input: &Input) -> Value {
    let x = scaled_input(graph, input, input.window.frames);
    normalised(graph, "norm", &x, input)
}

/// Input `x` of so many rows in dB, or in PCM's full scale.
pub(crate) fn scaled_input(graph: &mut Graph, input: &Input, rows: usize) -> Value {
    let x = graph.input_i16("x", &input.axes(rows));
    let x = graph.cast_f32("input.f32", &x);
    // A power of two: exact.
    let unit = graph.scalar("input.unit", input.steps_per_unit().recip());
    graph.binary("Mul", "input.scaled", &x, &unit)
}

/// One window's normalisation, `[N, frames, bands]`.
pub(crate) fn normalised(graph: &mut Graph, name: &str, x: &Value, input: &Input) -> Value {
    match input.norm {
        Norm::Window => by_window(graph, name, x),
        Norm::Trailing(frames) => by_past(graph, name, x, input.window.frames, frames as usize),
        _ => x.clone(),
    }
}

/// The mean comes off in two steps. Runtimes add tens of thousands of values of about -50 dB one after the other in f32, which
/// leaves the mean off by up to 1e-3 dB and every logit off with it; the mean of what is left is as small as that, and exact.
/// (Two means, over bands and then over frames, would do for ONNX Runtime; tract makes one sum of them.)
fn by_window(graph: &mut Graph, name: &str, x: &Value) -> Value {
    let mean = graph.mean(&format!("{name}.mean"), x, &[1, 2]);
    let near = graph.binary("Sub", &format!("{name}.nearly_centred"), x, &mean);
    let left = graph.mean(&format!("{name}.mean_left"), &near, &[1, 2]);
    let off = graph.binary("Sub", &format!("{name}.centred"), &near, &left);
    let square = graph.binary("Mul", &format!("{name}.square"), &off, &off);
    let variance = graph.mean(&format!("{name}.variance"), &square, &[1, 2]);
    let deviation = graph.unary("Sqrt", &format!("{name}.deviation"), &variance);
    let least = graph.scalar(&format!("{name}.least_deviation_db"), LEAST_DEVIATION_DB);
    let divisor = graph.binary("Max", &format!("{name}.divisor"), &deviation, &least);
    graph.binary("Div", name, &off, &divisor)
}

/// The trailing mean is a product with a lower triangle.
fn by_past(graph: &mut Graph, name: &str, x: &Value, frames: usize, trailing: usize) -> Value {
    let level = graph.mean(&format!("{name}.level"), x, &[2]);
    let mut triangle = vec![0.0; frames * frames];
    for (index, row) in triangle.chunks_exact_mut(frames).enumerate() {
        let first = (index + 1).saturating_sub(trailing);
        row[first..=index].fill(((index + 1 - first) as f32).recip());
    }
    let triangle = Weights {
        shape: vec![frames, frames],
        values: triangle,
    };
    let triangle = graph.weights(&format!("{name}.trailing"), &triangle);
    let mean = graph.binary("MatMul", &format!("{name}.mean"), &triangle, &level);
    let off = graph.binary("Sub", &format!("{name}.centred"), x, &mean);
    let unit = graph.scalar(&format!("{name}.per_unit"), TRAILING_UNIT_DB.recip());
    graph.binary("Mul", name, &off, &unit)
}
