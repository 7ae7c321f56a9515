//! What every classifier does: from prepared features to logits, here and as a graph.

use ndarray::{Array2, ArrayView2};
use needledrop_networks::onnx::graph::{Graph, Value};

/// A fitted classifier of prepared features.
pub(crate) trait Classifier: Send + Sync {
    /// Logits, `[windows, features]` to `[windows, classes]`.
    fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64>;

    /// How far each window's answer is from another, in the unit of the logits: where a runtime's rounding is larger,
    /// its class may differ.
    fn margins(&self, x: ArrayView2<'_, f64>) -> Vec<f64> {
        let logits = self.logits(x);
        logits
            .rows()
            .into_iter()
            .map(|row| ahead(&row.to_vec()))
            .collect()
    }

    /// Numbers the graph holds for it.
    fn parameters(&self) -> u64;

    /// Writes it as a graph that ends in a value called `name`.
    fn write(&self, graph: &mut Graph, x: &Value, name: &str) -> Value;
}

/// How far the largest value is ahead of the second.
fn ahead(values: &[f64]) -> f64 {
    let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for &value in values {
        if value > first {
            (first, second) = (value, first);
        } else {
            second = second.max(value);
        }
    }
    first - second
}
