//! Small ONNX graphs, written field by field, for the tests of several crates.
use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension::Value as Dim},
    type_proto,
};

/// One operator.
pub(crate) fn node(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    ints: &[(&str, &[i64])],
) -> NodeProto {
    let attribute = |&(name, values): &(&str, &[i64])| {
        let mut attribute = AttributeProto {
            name: name.to_owned(),
            ..Default::default()
        };
        match *values {
            [single] => {
                attribute.type_ = AttributeType::INT.into();
                attribute.i = single;
            }
            _ => {
                attribute.type_ = AttributeType::INTS.into();
                attribute.ints = values.to_vec();
            }
        }
        attribute
    };
    NodeProto {
        op_type: operator.to_owned(),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: outputs.iter().map(|&name| name.to_owned()).collect(),
        attribute: ints.iter().map(attribute).collect(),
        ..Default::default()
    }
}

/// A weight.
pub(crate) fn weight(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: DataType::FLOAT as i32,
        raw_data: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        ..Default::default()
    }
}

/// A graph input or output; its first dimension is free.
pub(crate) fn port(name: &str, element: DataType, dims: &[i64]) -> ValueInfoProto {
    let batch = Dimension {
        value: Some(Dim::DimParam("N".to_owned())),
        ..Default::default()
    };
    let fixed = dims.iter().map(|&dim| Dimension {
        value: Some(Dim::DimValue(dim)),
        ..Default::default()
    });
    let shape = TensorShapeProto {
        dim: std::iter::once(batch).chain(fixed).collect(),
        ..Default::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: element as i32,
        shape: Some(shape).into(),
        ..Default::default()
    };
    let kind = TypeProto {
        value: Some(type_proto::Value::TensorType(tensor)),
        ..Default::default()
    };
    ValueInfoProto {
        name: name.to_owned(),
        type_: Some(kind).into(),
        ..Default::default()
    }
}

/// A model file around nodes, from `x` int16 `[N, input...]` to `logits` f32 `[N, classes]`.
pub(crate) fn model(
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
    input: &[i64],
    classes: i64,
) -> ModelProto {
    let graph = GraphProto {
        name: "test".to_owned(),
        node: nodes,
        initializer: weights,
        input: vec![port("x", DataType::INT16, input)],
        output: vec![port("logits", DataType::FLOAT, &[classes])],
        ..Default::default()
    };
    ModelProto {
        ir_version: 8,
        producer_name: "test".to_owned(),
        opset_import: vec![OperatorSetIdProto {
            version: 17,
            ..Default::default()
        }],
        graph: Some(graph).into(),
        ..Default::default()
    }
}

/// Bytes of a linear classifier: `logits[c] = bias[c] + sum(x[i] / 256 * weights[i * classes + c])`.
pub(crate) fn linear(frames: usize, bands: usize, weights: &[f32], bias: &[f32]) -> Vec<u8> {
    let (values, classes) = ((frames * bands) as i64, bias.len() as i64);
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Mul", &["cast", "step"], &["db"], &[]),
        node("Flatten", &["db"], &["flat"], &[("axis", &[1])]),
        node("Gemm", &["flat", "weights", "bias"], &["logits"], &[]),
    ];
    let weights = vec![
        weight("step", &[], &[1.0 / 256.0]),
        weight("weights", &[values, classes], weights),
        weight("bias", &[classes], bias),
    ];
    let model = model(nodes, weights, &[frames as i64, bands as i64], classes);
    model
        .write_to_bytes()
        .expect("a message in memory can be written")
}
