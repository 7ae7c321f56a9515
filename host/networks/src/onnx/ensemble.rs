//! The mean of several models' probabilities: their files, as one graph with a window's logits.

use super::graph::{Graph, Value};
use super::merge;
use needledrop_bundle::{InputKind, Window};

/// Least mean probability, so that its logarithm is a number; the log-loss counts no less, either.
pub const LEAST_PROBABILITY: f64 = 1e-12;

/// A member's file and how it is put to use.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its model file.
    pub onnx: &'a [u8],
    /// Rows of its own window.
    pub frames: usize,
    /// First rows of its windows within the ensemble's.
    pub starts: &'a [usize],
    /// Its class for each of the ensemble's.
    pub order: &'a [usize],
}

/// The file: each part judges every window of its own that fits into the ensemble's, softmax, mean over a part's
/// windows, mean over the parts, logarithm.
///
/// # Shape
/// `x` `[N, frames, bands]`, or `[N, samples]` for PCM, to `logits` `[N, classes]`.
///
/// # Errors
/// The part that can't be merged, and why.
pub fn graph(
    parts: &[Part<'_>],
    kind: InputKind,
    window: Window,
    classes: usize,
) -> Result<Vec<u8>, (usize, merge::Error)> {
    let axes = |frames: usize| kind.axes(frames, window.bands);
    let mut graph = Graph::new("ensemble");
    let x = graph.input_i16("x", &axes(window.frames));
    let mut sum: Option<Value> = None;
    for (index, part) in parts.iter().enumerate() {
        let name = format!("member{index}");
        let seen = if part.frames == window.frames {
            x.clone()
        } else {
            windows(&mut graph, &name, &x, part, &axes(part.frames)) // [N * windows, ...]
        };
        // Apart from the names that are given here.
        let logits = graph
            .embed(&format!("{name}.net"), part.onnx, &seen)
            .map_err(|error| (index, error))?;
        let answer = answer(&mut graph, &name, &logits, part); // [N, classes]
        sum = Some(match sum {
            Some(sum) => graph.binary("Add", &format!("{name}.and_before"), &sum, &answer),
            None => answer,
        });
    }
    let sum = sum.unwrap_or(x);
    let share = graph.scalar("share", (parts.len() as f32).recip());
    let mean = graph.binary("Mul", "mean", &sum, &share);
    let least = graph.scalar("least_probability", LEAST_PROBABILITY as f32);
    let mean = graph.binary("Max", "probabilities", &mean, &least);
    let logits = graph.unary("Log", "logits", &mean);
    Ok(graph.finish(&logits, classes))
}

/// A member's windows, one behind the other on the batch axis.
fn windows(graph: &mut Graph, name: &str, x: &Value, part: &Part<'_>, axes: &[usize]) -> Value {
    let rows: Vec<i64> = part
        .starts
        .iter()
        .flat_map(|start| (0..part.frames).map(move |row| (start + row) as i64))
        .collect();
    let shape = [part.starts.len(), part.frames];
    let cut = graph.gather(&format!("{name}.windows"), x, 1, &shape, &rows);
    let shape: Vec<i64> = std::iter::once(-1)
        .chain(axes.iter().map(|&size| size as i64))
        .collect();
    graph.reshape(&format!("{name}.window"), &cut, &shape)
}

/// A member's mean probabilities in the ensemble's order, `[N, classes]`.
fn answer(graph: &mut Graph, name: &str, logits: &Value, part: &Part<'_>) -> Value {
    let classes = part.order.len();
    let mut x = graph.softmax(&format!("{name}.probabilities"), logits, 1);
    if part.starts.len() > 1 {
        let shape = [-1, part.starts.len() as i64, classes as i64];
        x = graph.reshape(&format!("{name}.by_window"), &x, &shape); // [N, windows, classes]
        x = graph.reduce("ReduceMean", &format!("{name}.mean"), &x, 1);
    }
    if part.order.is_sorted() {
        return x;
    }
    let order: Vec<i64> = part.order.iter().map(|&class| class as i64).collect();
    graph.gather(&format!("{name}.ordered"), &x, 1, &[classes], &order)
}

#[cfg(test)]
mod tests {
    use super::{LEAST_PROBABILITY, Part, graph};
    use crate::onnx::graph::{Graph, Weights};
    use needledrop_bundle::{InputKind, Window};
    use needledrop_infer::Net;
    use needledrop_judging::metrics::softmax;

    /// Logits of a window: the sum of its values times each weight.
    fn member(frames: usize, weights: [f32; 3]) -> Vec<u8> {
        let mut graph = Graph::new("sums");
        let x = graph.input_i16("x", &[frames, 2]);
        let x = graph.cast_f32("x.f32", &x);
        // A name that the ensemble's own graph has, too.
        let x = graph.flatten("mean", &x);
        let weight = Weights {
            shape: vec![2 * frames, 3],
            values: [weights; 64].concat()[..6 * frames].to_vec(),
        };
        let logits = graph.linear("logits", &x, &weight, &[0.0; 3]);
        graph.finish(&logits, 3)
    }

    #[test]
    fn shorter_windows_and_other_orders_are_averaged_by_hand() {
        let window = Window {
            frames: 5,
            hop: 2,
            bands: 2,
        };
        let (long, short) = (member(5, [0.1, 0.2, -0.3]), member(2, [0.5, -0.25, 0.0]));
        let parts = [
            Part {
                onnx: &long,
                frames: 5,
                starts: &[0],
                order: &[0, 1, 2],
            },
            Part {
                onnx: &short,
                frames: 2,
                starts: &[0, 1, 2, 3],
                order: &[2, 0, 1],
            },
        ];
        let file = graph(&parts, InputKind::LogMel, window, 3).unwrap();
        let x: [i16; 10] = [1, 2, -3, 1, 0, 2, -1, 4, 3, -2];
        let of = |values: &[i16], weights: [f32; 3]| {
            let sum = f32::from(values.iter().sum::<i16>());
            softmax(&weights.map(|weight| weight * sum))
        };
        let mut mean = of(&x, [0.1, 0.2, -0.3]);
        for (class, &theirs) in [2, 0, 1].iter().enumerate() {
            let short = (0..4).map(|start| of(&x[2 * start..2 * start + 4], [0.5, -0.25, 0.0]));
            mean[class] = (mean[class] + short.map(|p| p[theirs]).sum::<f64>() / 4.0) / 2.0;
        }
        let mut net = Net::load(&file, &window, 3).unwrap();
        let mut logits = [0.0; 3];
        net.logits(&x, &mut logits).unwrap();
        for (logit, mean) in logits.iter().zip(mean) {
            assert!(
                (f64::from(*logit) - mean.ln()).abs() < 1e-5,
                "{logit} {mean}"
            );
        }
    }

    #[test]
    fn a_probability_of_nought_has_a_logarithm() {
        let window = Window {
            frames: 1,
            hop: 1,
            bands: 2,
        };
        let sure = member(1, [1.0, 0.0, -1.0]);
        let part = Part {
            onnx: &sure,
            frames: 1,
            starts: &[0],
            order: &[0, 1, 2],
        };
        let file = graph(&[part, part], InputKind::LogMel, window, 3).unwrap();
        let mut net = Net::load(&file, &window, 3).unwrap();
        let mut logits = [0.0; 3];
        net.logits(&[30_000, 0], &mut logits).unwrap();
        assert!((f64::from(logits[2]) - LEAST_PROBABILITY.ln()).abs() < 1e-4);
        assert!(logits[0].abs() < 1e-6, "{logits:?}");
    }
}
