//! A typed writer of ONNX graphs.
//!
//! Opset 17 and IR version 8: the newest opset that keeps the axes of reductions as attributes, which tract and ONNX
//! Runtime both take.

use crate::nn::Depthwise;
use crate::nn::recurrent::Cell;
use onnx_protobuf::attribute_proto::AttributeType;
use onnx_protobuf::tensor_proto::DataType;
use onnx_protobuf::tensor_shape_proto::{Dimension, dimension};
use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
use protobuf::MessageField;

pub(super) const OPSET: i64 = 17;
pub(super) const IR_VERSION: i64 = 8;

/// A value of the graph: an input, a weight or what a node gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub(super) name: String,
}

/// A graph being written; nodes keep the order of the calls.
#[derive(Debug)]
pub struct Graph {
    pub(super) proto: GraphProto,
}

/// Weights with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

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
    pub const fn of(geometry: Depthwise, groups: usize) -> Self {
        Self {
            stride: geometry.stride,
            before: geometry.before(),
            behind: geometry.behind(),
            groups,
        }
    }
}

impl Graph {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self {
            proto: GraphProto {
                name: name.to_owned(),
                ..GraphProto::default()
            },
        }
    }

    /// The graph's input: int16, a free batch axis and then `axes`.
    pub fn input_i16(&mut self, name: &str, axes: &[usize]) -> Value {
        self.proto.input.push(port(name, DataType::INT16, axes));
        Value {
            name: name.to_owned(),
        }
    }

    /// The graph's input of features: f32, a free batch axis and then `axes`.
    pub fn input_f32(&mut self, name: &str, axes: &[usize]) -> Value {
        self.proto.input.push(port(name, DataType::FLOAT, axes));
        Value {
            name: name.to_owned(),
        }
    }

    /// Weights by name.
    ///
    /// # Panics
    /// When shape and values disagree.
    pub fn weights(&mut self, name: &str, weights: &Weights) -> Value {
        assert_eq!(
            weights.shape.iter().product::<usize>(),
            weights.values.len(),
            "{name}: shape and values agree"
        );
        self.proto.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: weights.shape.iter().map(|&size| size as i64).collect(),
            data_type: DataType::FLOAT as i32,
            raw_data: weights
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            ..TensorProto::default()
        });
        Value {
            name: name.to_owned(),
        }
    }

    /// Whole numbers by name.
    pub(super) fn integers(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Value {
        self.proto.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: DataType::INT64 as i32,
            raw_data: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            ..TensorProto::default()
        });
        Value {
            name: name.to_owned(),
        }
    }

    /// One number.
    pub fn scalar(&mut self, name: &str, value: f32) -> Value {
        self.weights(
            name,
            &Weights {
                shape: Vec::new(),
                values: vec![value],
            },
        )
    }

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
    /// `x` `[N, channels in, height, width]`, weight `[channels out, channels in / groups, kernel height, kernel width]`,
    /// bias `[channels out]`.
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

    /// The file's bytes, with `output` as the graph's: `classes` values a window.
    pub fn finish(mut self, output: &Value, classes: usize) -> Vec<u8> {
        self.proto
            .output
            .push(port(&output.name, DataType::FLOAT, &[classes]));
        let model = ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![OperatorSetIdProto {
                version: OPSET,
                ..OperatorSetIdProto::default()
            }],
            producer_name: "needledrop".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: MessageField::some(self.proto),
            ..ModelProto::default()
        };
        #[expect(
            clippy::expect_used,
            reason = "a Vec takes any length, and proto3 has no required field to miss"
        )]
        model
            .write_to_bytes()
            .expect("a message of plain fields always encodes")
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

    pub(super) fn node(
        &mut self,
        op: &str,
        name: &str,
        inputs: &[&Value],
        attribute: Vec<AttributeProto>,
    ) -> Value {
        self.push(op, name, &[name], inputs, attribute);
        Value {
            name: name.to_owned(),
        }
    }

    /// A node of two outputs, of which the second, called like the node, is used.
    pub(super) fn second_output(
        &mut self,
        op: &str,
        first: &str,
        name: &str,
        inputs: &[&Value],
        attribute: Vec<AttributeProto>,
    ) -> Value {
        self.push(op, name, &[first, name], inputs, attribute);
        Value {
            name: name.to_owned(),
        }
    }

    fn push(
        &mut self,
        op: &str,
        name: &str,
        outputs: &[&str],
        inputs: &[&Value],
        attribute: Vec<AttributeProto>,
    ) {
        self.proto.node.push(NodeProto {
            name: name.to_owned(),
            op_type: op.to_owned(),
            input: inputs.iter().map(|value| value.name.clone()).collect(),
            output: outputs.iter().map(|&output| output.to_owned()).collect(),
            attribute,
            ..NodeProto::default()
        });
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        type_: AttributeType::INT.into(),
        i: value,
        ..AttributeProto::default()
    }
}

pub(super) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        type_: AttributeType::INTS.into(),
        ints: values.iter().map(|&value| value as i64).collect(),
        ..AttributeProto::default()
    }
}

fn port(name: &str, element: DataType, axes: &[usize]) -> ValueInfoProto {
    let free = dimension::Value::DimParam("N".to_owned());
    let fixed = axes
        .iter()
        .map(|&size| dimension::Value::DimValue(size as i64));
    let dim = std::iter::once(free).chain(fixed);
    let dim = dim
        .map(|value| Dimension {
            value: Some(value),
            ..Dimension::default()
        })
        .collect();
    let tensor = type_proto::Tensor {
        elem_type: element as i32,
        shape: MessageField::some(TensorShapeProto {
            dim,
            ..TensorShapeProto::default()
        }),
        ..type_proto::Tensor::default()
    };
    let kind = TypeProto {
        value: Some(type_proto::Value::TensorType(tensor)),
        ..TypeProto::default()
    };
    ValueInfoProto {
        name: name.to_owned(),
        type_: MessageField::some(kind),
        ..ValueInfoProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Conv, Graph, Weights};
    use onnx_protobuf::{Message, ModelProto};

    fn small() -> Vec<u8> {
        let mut graph = Graph::new("small");
        let x = graph.input_i16("x", &[4, 6]);
        let x = graph.cast_f32("dB", &x);
        let x = graph.one_channel("picture", &x);
        let weight = Weights {
            shape: vec![2, 1, 3, 3],
            values: (0..18).map(|v| v as f32).collect(),
        };
        let conv = Conv {
            stride: [2, 1],
            before: [1, 0],
            behind: [1, 0],
            groups: 1,
        };
        let x = graph.conv("conv", &x, &weight, &[0.5, -0.5], conv);
        let x = graph.pool("pool", &x);
        let weight = Weights {
            shape: vec![2, 3],
            values: vec![1.0; 6],
        };
        let logits = graph.linear("logits", &x, &weight, &[0.0; 3]);
        graph.finish(&logits, 3)
    }

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        assert_eq!(small(), small());
    }

    #[test]
    fn structure_is_what_readers_expect() {
        let model = ModelProto::parse_from_bytes(&small()).unwrap();
        assert_eq!((model.ir_version, model.opset_import[0].version), (8, 17));
        let graph = model.graph.unwrap();
        let ops: Vec<&str> = graph
            .node
            .iter()
            .map(|node| node.op_type.as_str())
            .collect();
        assert_eq!(
            ops,
            [
                "Cast",
                "Unsqueeze",
                "Conv",
                "GlobalAveragePool",
                "Flatten",
                "Gemm"
            ]
        );
        let pads = graph.node[2]
            .attribute
            .iter()
            .find(|attribute| attribute.name == "pads")
            .unwrap();
        assert_eq!(pads.ints, [1, 0, 1, 0]);
        // Every input of a node is there before it: a graph input, a weight or an earlier node's output.
        let mut known: Vec<&str> = graph.input.iter().map(|port| port.name.as_str()).collect();
        known.extend(graph.initializer.iter().map(|weight| weight.name.as_str()));
        for node in &graph.node {
            assert!(
                node.input.iter().all(|name| known.contains(&name.as_str())),
                "{}",
                node.name
            );
            known.extend(node.output.iter().map(String::as_str));
        }
        let output = &graph.output[0];
        assert_eq!(output.name, "logits");
        let dims = &output.type_.tensor_type().shape.dim;
        assert!(dims[0].has_dim_param() && dims[1].dim_value() == 3);
    }
}
