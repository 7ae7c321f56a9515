//! Input and output of the graph against what the metadata declares, read without parsing its weights.
use crate::{Error, Metadata, wire};
use onnx_protobuf::{
    Message, TypeProto, ValueInfoProto, tensor_proto::DataType,
    tensor_shape_proto::dimension::Value as Dim, type_proto::Value as Kind,
};
use std::ops::Range;

/// Field numbers of `GraphProto` and `TensorProto` in onnx.proto.
const GRAPH_INITIALIZER: u32 = 5;
const GRAPH_INPUT: u32 = 11;
const GRAPH_OUTPUT: u32 = 12;
const TENSOR_NAME: u32 = 8;
const TENSOR_EXTERNAL_DATA: u32 = 13;
const TENSOR_DATA_LOCATION: u32 = 14;

/// A graph input or output: name, element type and dimensions (none for a free one).
#[derive(Debug, PartialEq, Eq)]
struct Port {
    name: String,
    element: i32,
    dims: Vec<Option<u64>>,
}

/// Why the walk over a graph stopped.
enum Stop {
    /// Damaged bytes.
    Damaged(String),
    /// A tensor outside the file.
    External(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// Checks that the graph's input and output are those that the metadata declares.
pub(crate) fn check(
    name: &str,
    file: &[u8],
    graph: Range<usize>,
    metadata: &Metadata,
) -> Result<(), Error> {
    let (mut inputs, mut outputs, mut initializers) = (Vec::new(), Vec::new(), Vec::new());
    let walked = wire::walk(file, graph, |field| {
        let payload = file.get(field.payload.clone()).unwrap_or_default();
        match field.number {
            GRAPH_INPUT => inputs.push(port(payload)?),
            GRAPH_OUTPUT => outputs.push(port(payload)?),
            GRAPH_INITIALIZER => initializers.push(initializer(file, field.payload)?),
            _ => {}
        }
        Ok(())
    });
    match walked {
        Ok(()) => {}
        Err(Stop::Damaged(reason)) => {
            return Err(Error::NotOnnx {
                name: name.to_owned(),
                reason,
            });
        }
        Err(Stop::External(tensor)) => {
            return Err(Error::ExternalData {
                name: name.to_owned(),
                tensor,
            });
        }
    }
    // Old ONNX lists every weight among the inputs, too.
    inputs.retain(|input| !initializers.contains(&input.name));

    let window = &metadata.window;
    let rows = metadata.input.axes(window.frames, window.bands);
    expect(name, "input", &inputs, "x", DataType::INT16, &rows)?;
    expect(
        name,
        "output",
        &outputs,
        "logits",
        DataType::FLOAT,
        &[metadata.labels.len()],
    )
}

/// One port of this name and type, with a free first dimension (or 1) and these after it.
fn expect(
    file: &str,
    what: &'static str,
    ports: &[Port],
    name: &str,
    element: DataType,
    dims: &[usize],
) -> Result<(), Error> {
    let fits = |port: &Port| {
        let [batch, rest @ ..] = port.dims.as_slice() else {
            return false;
        };
        port.name == name
            && port.element == element as i32
            && matches!(batch, None | Some(1))
            && rest.len() == dims.len()
            // A free dimension is one that the runtime fills in.
            && rest.iter().zip(dims).all(|(found, &needed)| found.is_none_or(|found| found == needed as u64))
    };
    if matches!(ports, [port] if fits(port)) {
        return Ok(());
    }
    let dims = dims
        .iter()
        .map(|dim| dim.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let actual = ports.iter().map(shown).collect::<Vec<_>>().join(" and ");
    Err(Error::Graph {
        name: file.to_owned(),
        what,
        expected: format!("{name} {} [N, {dims}]", type_name(element as i32)),
        actual: if actual.is_empty() {
            "missing".to_owned()
        } else {
            actual
        },
    })
}

fn shown(port: &Port) -> String {
    let dims = port
        .dims
        .iter()
        .map(|dim| dim.map_or_else(|| "N".to_owned(), |dim| dim.to_string()));
    let name: String = port.name.chars().take(40).collect();
    format!(
        "{name} {} [{}]",
        type_name(port.element),
        dims.collect::<Vec<_>>().join(", ")
    )
}

fn type_name(element: i32) -> String {
    match element {
        it if it == DataType::FLOAT as i32 => "f32".to_owned(),
        it if it == DataType::INT16 as i32 => "int16".to_owned(),
        other => format!("ONNX type {other}"),
    }
}

fn port(bytes: &[u8]) -> Result<Port, Stop> {
    let info = ValueInfoProto::parse_from_bytes(bytes)
        .map_err(|failed| Stop::Damaged(failed.to_string()))?;
    let mut port = Port {
        name: info.name.clone(),
        element: 0,
        dims: Vec::new(),
    };
    let Some(TypeProto {
        value: Some(Kind::TensorType(tensor)),
        ..
    }) = info.type_.as_ref()
    else {
        return Ok(port);
    };
    port.element = tensor.elem_type;
    port.dims = tensor
        .shape
        .dim
        .iter()
        .map(|dim| match dim.value {
            Some(Dim::DimValue(size)) => u64::try_from(size).ok(),
            _ => None,
        })
        .collect();
    Ok(port)
}

/// Name of a weight that lies in this file.
fn initializer(file: &[u8], range: Range<usize>) -> Result<String, Stop> {
    let (mut name, mut external) = (String::new(), false);
    wire::walk::<Stop>(file, range, |field| {
        match field.number {
            TENSOR_NAME => {
                name = String::from_utf8_lossy(file.get(field.payload).unwrap_or_default())
                    .into_owned();
            }
            TENSOR_EXTERNAL_DATA => external = true,
            TENSOR_DATA_LOCATION => external |= field.varint != 0,
            _ => {}
        }
        Ok(())
    })?;
    if external {
        Err(Stop::External(name))
    } else {
        Ok(name)
    }
}
