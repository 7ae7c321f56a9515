//! What every model starts with: stored integers, `[N, rows, bands]` or `[N, samples]`, to the normalised windows that
//! the network learned from.

use super::graph::{Graph, Value, Weights};
use crate::Input;
use needledrop_bundle::Norm;
use needledrop_data::window::{LEAST_DEVIATION_DB, LEAST_LEVEL_DB, NEPER_PER_DB, TRAILING_UNIT_DB};

/// Input `x` to normalised windows, `[N, frames, bands]` or `[N, samples]`: the twin of what [`Input`] does in
/// training.
pub fn prepared_input(graph: &mut Graph, input: &Input) -> Value {
    let x = scaled_input(graph, input, input.window.frames);
    normalised(graph, "norm", &x, input)
}

/// Input `x` of so many rows in dB, or in PCM's full scale.
pub fn scaled_input(graph: &mut Graph, input: &Input, rows: usize) -> Value {
    let x = graph.input_i16("x", &input.axes(rows));
    let x = graph.cast_f32("input.f32", &x);
    // A power of two: exact.
    let unit = graph.scalar("input.unit", input.steps_per_unit().recip());
    graph.binary("Mul", "input.scaled", &x, &unit)
}

/// One window's normalisation, `[N, frames, bands]`.
pub fn normalised(graph: &mut Graph, name: &str, x: &Value, input: &Input) -> Value {
    match input.norm {
        Norm::Window => by_window(graph, name, x, input.window.bands),
        Norm::Trailing(frames) => by_past(graph, name, x, input.window.frames, frames as usize),
        Norm::Level(reference_db) => to_level(graph, name, x, input.window.bands, reference_db),
        _ => x.clone(),
    }
}

/// One over the number of bands, for each: what makes [`exact_mean`] a mean.
fn per_band(graph: &mut Graph, name: &str, bands: usize) -> Value {
    let column = Weights {
        shape: vec![bands, 1],
        values: vec![(bands as f32).recip(); bands],
    };
    graph.weights(&format!("{name}.per_band"), &column)
}

/// The mean of `[N, frames, bands]` as a mean over frames of means over bands, `[N, 1, 1]`. Those over bands are a
/// matrix product with [`per_band`], because tract makes one sum of two ReduceMean in a row.
fn exact_mean(graph: &mut Graph, name: &str, x: &Value, column: &Value) -> Value {
    let of_frames = graph.binary("MatMul", &format!("{name}_of_frames"), x, column);
    graph.mean(name, &of_frames, &[1])
}

/// Shifts the window so that its mean power is the reference.
fn to_level(graph: &mut Graph, name: &str, x: &Value, bands: usize, reference_db: i16) -> Value {
    let neper = graph.scalar(&format!("{name}.neper_per_db"), NEPER_PER_DB as f32);
    let nepers = graph.binary("Mul", &format!("{name}.nepers"), x, &neper);
    let power = graph.unary("Exp", &format!("{name}.power"), &nepers);
    let column = per_band(graph, name, bands);
    let mean = exact_mean(graph, &format!("{name}.mean_power"), &power, &column);
    let level = graph.unary("Log", &format!("{name}.level_nepers"), &mean);
    let level = graph.binary("Div", &format!("{name}.level"), &level, &neper);
    let least = graph.scalar(&format!("{name}.least_level_db"), LEAST_LEVEL_DB);
    let level = graph.binary("Max", &format!("{name}.level_at_least"), &level, &least);
    let reference = graph.scalar(&format!("{name}.reference"), f32::from(reference_db));
    let shift = graph.binary("Sub", &format!("{name}.shift"), &reference, &level);
    graph.binary("Add", name, x, &shift)
}

/// A runtime adds up a ReduceMean in f32, one value after the other: over tens of thousands of values of about -50 dB,
/// or their squares, that leaves mean and deviation off by up to 1e-4 of themselves, and every logit off with them. The
/// mean therefore comes off in two steps, since what is left has a mean as small as the error; and it and the variance
/// are each an [`exact_mean`].
fn by_window(graph: &mut Graph, name: &str, x: &Value, bands: usize) -> Value {
    let column = per_band(graph, name, bands);
    let mean = graph.mean(&format!("{name}.mean"), x, &[1, 2]);
    let near = graph.binary("Sub", &format!("{name}.nearly_centred"), x, &mean);
    let left = exact_mean(graph, &format!("{name}.mean_left"), &near, &column);
    let off = graph.binary("Sub", &format!("{name}.centred"), &near, &left);
    let square = graph.binary("Mul", &format!("{name}.square"), &off, &off);
    let variance = exact_mean(graph, &format!("{name}.variance"), &square, &column);
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
