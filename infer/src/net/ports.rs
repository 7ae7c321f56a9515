//! Input and output of a graph, as the model's window and classes need them.
use crate::Error;
use needledrop_bundle::Window;
use onnx_protobuf::{
    GraphProto, ValueInfoProto,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension::Value as Dim},
    type_proto,
};
use tract_hir::internal::Datum;

/// Type of a graph's input.
pub(super) trait Element: Datum + Copy {
    /// Its name in messages.
    const NAME: &'static str;
    /// Its number in ONNX.
    const TYPE: DataType;
}

impl Element for i16 {
    const NAME: &'static str = "int16";
    const TYPE: DataType = DataType::INT16;
}

impl Element for f32 {
    const NAME: &'static str = "f32";
    const TYPE: DataType = DataType::FLOAT;
}

/// Shape of `x` with batch 1, from the rank that the graph declares.
pub(super) fn input_shape<T: Element>(
    graph: &GraphProto,
    window: &Window,
) -> Result<Vec<usize>, Error> {
    let needed = format!("x {} [N, {}, {}]", T::NAME, window.frames, window.bands);
    let Some(port) = graph.input.iter().find(|port| port.name == "x") else {
        return Err(shape_error(
            "input",
            &needed,
            &names(graph.input.iter().map(|port| &*port.name)),
        ));
    };
    let kind = port.type_.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return Err(shape_error("input", &needed, "no tensor"));
    };
    let dims = tensor
        .shape
        .as_ref()
        .map(|shape| shape.dim.as_slice())
        .unwrap_or_default();
    let shape = match dims.len() {
        2 => vec![1, window.frames * window.bands],
        _ => vec![1, window.frames, window.bands],
    };
    let fixed = |dim: &Dimension| match &dim.value {
        Some(Dim::DimValue(size)) => usize::try_from(*size).ok(),
        _ => None,
    };
    let fits = dims.len() == shape.len()
        && dims
            .iter()
            .zip(&shape)
            .all(|(dim, &size)| fixed(dim).is_none_or(|d| d == size));
    if fits && tensor.elem_type == T::TYPE as i32 {
        return Ok(shape);
    }
    let dims = dims
        .iter()
        .map(|dim| fixed(dim).map_or_else(|| "N".to_owned(), |size| size.to_string()));
    let dims = dims.collect::<Vec<_>>().join(", ");
    let element = match tensor.elem_type {
        it if it == f32::TYPE as i32 => f32::NAME.to_owned(),
        it if it == i16::TYPE as i32 => i16::NAME.to_owned(),
        other => format!("ONNX type {other}"),
    };
    Err(shape_error(
        "input",
        &needed,
        &format!("x {element} [{dims}]"),
    ))
}

/// That no node waits for an input besides `x`.
pub(super) fn only_x(graph: &GraphProto) -> Result<(), Error> {
    // Old ONNX lists every weight among the inputs, too.
    let is_weight = |port: &&ValueInfoProto| {
        let mut weights = graph.initializer.iter();
        weights.any(|weight| weight.name == port.name)
    };
    let inputs = graph.input.iter().filter(|port| !is_weight(port));
    match inputs.count() {
        1 => Ok(()),
        count => Err(shape_error("input", "x alone", &format!("{count} inputs"))),
    }
}

/// Floating-point values among the weights.
pub(super) fn parameters(graph: &GraphProto) -> u64 {
    let float = DataType::FLOAT as i32;
    let weights = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type == float);
    // Saturating: the shapes are the file's word.
    let values = |dims: &[i64]| {
        let dims = dims.iter().map(|&dim| u64::try_from(dim).unwrap_or(0));
        dims.fold(1, u64::saturating_mul)
    };
    weights
        .map(|tensor| values(&tensor.dims))
        .fold(0, u64::saturating_add)
}

pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "missing".to_owned()
    } else {
        names.join(" and ")
    }
}

pub(super) fn shape_error(what: &'static str, expected: &str, actual: &str) -> Error {
    Error::Shape {
        what,
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    }
}
