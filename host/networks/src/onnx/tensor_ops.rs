//! Operators over whole tensors: element by element, reductions, shapes, slices and neighbours.

use super::graph::{Graph, Value, Weights, int, ints};
use ndarray::{Array1, Array2};
use onnx_protobuf::tensor_proto::DataType;

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
    /// int16 to f32.
    pub fn cast_f32(&mut self, name: &str, x: &Value) -> Value {
        self.node("Cast", name, &[x], vec![int("to", DataType::FLOAT as i64)])
    }

    /// Element by element, `op` one of Add, Sub, Mul, Div, Max; or MatMul.
    pub fn binary(&mut self, op: &str, name: &str, a: &Value, b: &Value) -> Value {
        self.node(op, name, &[a, b], Vec::new())
    }

    /// Element by element, `op` one of Sqrt, Relu, Tanh, Log.
    pub fn unary(&mut self, op: &str, name: &str, x: &Value) -> Value {
        self.node(op, name, &[x], Vec::new())
    }

    /// Nothing below the first bound, nothing above the second.
    pub fn clip(&mut self, name: &str, x: &Value, [least, most]: [f32; 2]) -> Value {
        let least = self.scalar(&format!("{name}.least"), least);
        let most = self.scalar(&format!("{name}.most"), most);
        self.node("Clip", name, &[x, &least, &most], Vec::new())
    }

    /// ReLU with a ceiling of 6.
    pub fn relu6(&mut self, name: &str, x: &Value) -> Value {
        self.clip(name, x, [0.0, 6.0])
    }

    /// Mean over `axes`, which stay with size 1.
    pub fn mean(&mut self, name: &str, x: &Value, axes: &[usize]) -> Value {
        self.node(
            "ReduceMean",
            name,
            &[x],
            vec![ints("axes", axes), int("keepdims", 1)],
        )
    }

    /// Sum over `axis`, which goes.
    pub fn sum(&mut self, name: &str, x: &Value, axis: usize) -> Value {
        let axis = self.integers(&format!("{name}.axes"), &[1], &[axis as i64]);
        self.node("ReduceSum", name, &[x, &axis], vec![int("keepdims", 0)])
    }

    /// Softmax along `axis`.
    pub fn softmax(&mut self, name: &str, x: &Value, axis: usize) -> Value {
        self.node("Softmax", name, &[x], vec![int("axis", axis as i64)])
    }

    /// `[N, 1, height, width]` from `[N, height, width]`.
    pub fn one_channel(&mut self, name: &str, x: &Value) -> Value {
        self.unsqueeze(name, x, 1)
    }

    /// A new axis of size 1.
    pub fn unsqueeze(&mut self, name: &str, x: &Value, axis: usize) -> Value {
        let axis = self.integers(&format!("{name}.axes"), &[1], &[axis as i64]);
        self.node("Unsqueeze", name, &[x, &axis], Vec::new())
    }

    /// Without an axis of size 1.
    pub fn squeeze(&mut self, name: &str, x: &Value, axis: usize) -> Value {
        let axis = self.integers(&format!("{name}.axes"), &[1], &[axis as i64]);
        self.node("Squeeze", name, &[x, &axis], Vec::new())
    }

    /// Axes in another order.
    pub fn transpose(&mut self, name: &str, x: &Value, order: &[usize]) -> Value {
        self.node("Transpose", name, &[x], vec![ints("perm", order)])
    }

    /// Another shape; -1 is what is left.
    pub fn reshape(&mut self, name: &str, x: &Value, shape: &[i64]) -> Value {
        let shape = self.integers(&format!("{name}.shape"), &[shape.len()], shape);
        self.node("Reshape", name, &[x, &shape], Vec::new())
    }

    /// `[N, everything else]`.
    pub fn flatten(&mut self, name: &str, x: &Value) -> Value {
        self.node("Flatten", name, &[x], vec![int("axis", 1)])
    }

    /// Values of `axis` by number: the axis becomes the axes of `indices`.
    pub fn gather(
        &mut self,
        name: &str,
        x: &Value,
        axis: usize,
        shape: &[usize],
        indices: &[i64],
    ) -> Value {
        let indices = self.integers(&format!("{name}.indices"), shape, indices);
        self.node(
            "Gather",
            name,
            &[x, &indices],
            vec![int("axis", axis as i64)],
        )
    }

    /// One behind the other along `axis`.
    pub fn concat(&mut self, name: &str, parts: &[&Value], axis: usize) -> Value {
        self.node("Concat", name, parts, vec![int("axis", axis as i64)])
    }

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
