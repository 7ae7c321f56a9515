//! A typed writer of ONNX graphs: inputs, weights and nodes by name, in the order of the calls, to a file's bytes.
//!
//! `tensor_ops` and `layer_ops` have the operators. Opset 17 and IR version 8: the newest opset that keeps the axes of
//! reductions as attributes, which tract and ONNX Runtime both take.

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
    use super::{Graph, Weights};
    use crate::onnx::layer_ops::Conv;
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
