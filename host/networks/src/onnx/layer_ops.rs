//! Operators that are layers: convolution, pooling, recurrent cells, matrix products with a bias. Pictures are
//! `[N, channels, height, width]`.

use super::graph::{Graph, Value, Weights, int, ints};
use crate::nn::Geometry;
use crate::nn::cell::Cell;
use onnx_protobuf::AttributeProto;
use onnx_protobuf::attribute_proto::AttributeType;

/// Geometry of a two-dimensional convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Stride along height and width.
    pub stride: [usize; 2],
    /// Zeros before the first row and column.
    pub before: [usize; 2],
    /// Zeros behind the last row and column.
    pub behind: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
}

impl Conv {
    /// One by one.
    pub const POINTWISE: Self = Self {
        stride: [1, 1],
        before: [0, 0],
        behind: [0, 0],
        groups: 1,
    };

    /// A layer's geometry.
    pub const fn of(geometry: Geometry, groups: usize) -> Self {
        Self {
            stride: geometry.stride,
            before: geometry.before(),
            behind: geometry.behind(),
            groups,
        }
    }
}

impl Graph {
    /// Largest value of windows side by side, `[N, channels, height, width]`.
    pub fn max_pool(&mut self, name: &str, x: &Value, kernel: [usize; 2]) -> Value {
        let attributes = vec![ints("kernel_shape", &kernel), ints("strides", &kernel)];
        self.node("MaxPool", name, &[x], attributes)
    }

    /// A recurrent layer over all steps, its last state: `x` `[steps, N, in]` to `[directions, N, hidden]`.
    ///
    /// # Shape
    /// `input` `[directions, gates * hidden, in]`, `weight` `[directions, gates * hidden, hidden]`, `bias`
    /// `[directions, 2 * gates * hidden]` (of the input's products, then of the states'), gates in ONNX's order.
    pub fn recurrent(
        &mut self,
        name: &str,
        x: &Value,
        cell: Cell,
        [input, weight, bias]: [&Weights; 3],
    ) -> Value {
        let [directions, _, hidden] = weight.shape[..] else {
            return x.clone();
        };
        let parts = [("input", input), ("weight", weight), ("bias", bias)];
        let [input, weight, bias] =
            parts.map(|(part, weights)| self.weights(&format!("{name}.{part}"), weights));
        let (operator, mut attributes) = match cell {
            Cell::Lstm => ("LSTM", Vec::new()),
            Cell::Gru => ("GRU", vec![int("linear_before_reset", 1)]),
        };
        attributes.push(int("hidden_size", hidden as i64));
        let direction = ["forward", "bidirectional"][directions - 1];
        attributes.push(AttributeProto {
            name: "direction".to_owned(),
            type_: AttributeType::STRING.into(),
            s: direction.as_bytes().to_vec(),
            ..AttributeProto::default()
        });
        let all = format!("{name}.states");
        let inputs = [x, &input, &weight, &bias];
        self.second_output(operator, &all, name, &inputs, attributes)
    }

    /// Two-dimensional convolution with a bias.
    ///
    /// # Shape
    /// `x` `[N, channels in, height, width]`, weight `[channels out, channels in / groups, kernel height, kernel
    /// width]`, bias `[channels out]`.
    pub fn conv(
        &mut self,
        name: &str,
        x: &Value,
        weight: &Weights,
        bias: &[f32],
        conv: Conv,
    ) -> Value {
        let kernel = [weight.shape[2], weight.shape[3]];
        let weight = self.weights(&format!("{name}.weight"), weight);
        let bias = self.bias(name, bias);
        let ([top, left], [bottom, right]) = (conv.before, conv.behind);
        let attributes = vec![
            ints("kernel_shape", &kernel),
            ints("strides", &conv.stride),
            ints("pads", &[top, left, bottom, right]),
            int("group", conv.groups as i64),
        ];
        self.node("Conv", name, &[x, &weight, &bias], attributes)
    }

    /// Mean over height and width: `[N, channels]`.
    pub fn pool(&mut self, name: &str, x: &Value) -> Value {
        let pooled = self.node(
            "GlobalAveragePool",
            &format!("{name}.mean"),
            &[x],
            Vec::new(),
        );
        self.flatten(name, &pooled)
    }

    /// `x * weight + bias`, `x` `[N, in]`, weight `[in, out]`.
    pub fn linear(&mut self, name: &str, x: &Value, weight: &Weights, bias: &[f32]) -> Value {
        let weight = self.weights(&format!("{name}.weight"), weight);
        let bias = self.bias(name, bias);
        self.node("Gemm", name, &[x, &weight, &bias], Vec::new())
    }

    fn bias(&mut self, name: &str, bias: &[f32]) -> Value {
        self.weights(
            &format!("{name}.bias"),
            &Weights {
                shape: vec![bias.len()],
                values: bias.to_vec(),
            },
        )
    }
}
