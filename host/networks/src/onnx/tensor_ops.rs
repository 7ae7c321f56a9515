//! Operators over whole tensors, for graphs that are not layers: reductions, slices, neighbours.

use super::graph::{Graph, Value, Weights, int, ints};
use ndarray::{Array1, Array2};

impl Weights {
    /// A matrix, rounded to f32.
    pub fn of(matrix: &Array2<f64>) -> Self {
        Self {
            shape: matrix.shape().to_vec(),
            values: matrix.iter().map(|&v| v as f32).collect(),
        }
    }

    /// A row, rounded to f32.
    pub fn row(values: &Array1<f64>) -> Self {
        Self {
            shape: vec![values.len()],
            values: values.iter().map(|&v| v as f32).collect(),
        }
    }
}

impl Graph {
    /// Reduces one axis away, `op` one of ReduceMean, ReduceMin, ReduceMax.
    pub fn reduce(&mut self, op: &str, name: &str, x: &Value, axis: usize) -> Value {
        let attributes = vec![ints("axes", &[axis]), int("keepdims", 0)];
        self.node(op, name, &[x], attributes)
    }

    /// As [`Graph::reduce`], but the axis stays with size 1.
    pub fn reduce_kept(&mut self, op: &str, name: &str, x: &Value, axis: usize) -> Value {
        let attributes = vec![ints("axes", &[axis]), int("keepdims", 1)];
        self.node(op, name, &[x], attributes)
    }

    /// Sum over one axis, which stays with size 1; it alone takes its axes as an input since opset 13.
    pub fn sum_kept(&mut self, name: &str, x: &Value, axis: usize) -> Value {
        let axes = self.integers(&format!("{name}.axes"), &[1], &[axis as i64]);
        self.node("ReduceSum", name, &[x, &axes], vec![int("keepdims", 1)])
    }

    /// `from..to` of one axis.
    pub fn slice(&mut self, name: &str, x: &Value, axis: usize, from: usize, to: usize) -> Value {
        let from = self.integers(&format!("{name}.from"), &[1], &[from as i64]);
        let to = self.integers(&format!("{name}.to"), &[1], &[to as i64]);
        let axes = self.integers(&format!("{name}.axes"), &[1], &[axis as i64]);
        self.node("Slice", name, &[x, &from, &to, &axes], Vec::new())
    }

    /// Positions of the `k` largest values of each row, the largest first.
    ///
    /// # Shape
    /// `[N, values]` to int64 `[N, k]`.
    pub fn top_k(&mut self, name: &str, x: &Value, k: usize) -> Value {
        let k = self.integers(&format!("{name}.k"), &[1], &[k as i64]);
        let values = format!("{name}.values");
        self.second_output("TopK", &values, name, &[x, &k], vec![int("axis", 1)])
    }

    /// Slices of `table` along `axis` at positions that the graph computes.
    pub fn gather_by(
        &mut self,
        name: &str,
        table: &Value,
        positions: &Value,
        axis: usize,
    ) -> Value {
        self.node(
            "Gather",
            name,
            &[table, positions],
            vec![int("axis", axis as i64)],
        )
    }
}
