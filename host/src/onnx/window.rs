//! What every log-mel model starts with: the frontend's output to a normalised window.

use super::graph::{Graph, Value};
use crate::train::window::{LEAST_DEVIATION_DB, Q8_8_PER_DB};
use needledrop_bundle::Window;

/// Input `x` to one normalised channel, `[N, 1, frames, bands]`; the twin of [`crate::train::window::normalise`].
pub(crate) fn normalised_input(graph: &mut Graph, window: Window) -> Value {
    let x = graph.input_i16("x", &[window.frames, window.bands]);
    let x = graph.cast_f32("input.f32", &x);
    // A power of two: exact.
    let per_step = graph.scalar("input.db_per_step", Q8_8_PER_DB.recip());
    let db = graph.binary("Mul", "input.db", &x, &per_step);
    let mean = graph.mean("norm.mean", &db, &[1, 2]);
    let off = graph.binary("Sub", "norm.centred", &db, &mean);
    let square = graph.binary("Mul", "norm.square", &off, &off);
    let variance = graph.mean("norm.variance", &square, &[1, 2]);
    let deviation = graph.unary("Sqrt", "norm.deviation", &variance);
    let least = graph.scalar("norm.least_deviation_db", LEAST_DEVIATION_DB);
    let divisor = graph.binary("Max", "norm.divisor", &deviation, &least);
    let x = graph.binary("Div", "norm.window", &off, &divisor);
    graph.one_channel("norm", &x)
}
