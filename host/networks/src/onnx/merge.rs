//! A model file as part of a larger graph: all of its nodes and weights under other names.

use super::graph::{Graph, IR_VERSION, OPSET, Value};
use onnx_protobuf::tensor_proto::DataLocation;
use onnx_protobuf::{GraphProto, Message, ModelProto, NodeProto, TensorProto};

/// Why a file can't be part of a graph.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Damaged.
    #[error("its model.onnx is no ONNX file ({reason}); train it again")]
    NotOnnx {
        /// What the parser says.
        reason: String,
    },
    /// Operators mean another thing in another opset.
    #[error(
        "its model.onnx has opset {opset} and IR version {ir_version}, this program merges opset {OPSET} and IR version {IR_VERSION} or older; train it again with this version"
    )]
    Version {
        /// Version of the standard operators; 0 for none.
        opset: i64,
        /// Version of the format.
        ir_version: i64,
    },
    /// What is in it can't be moved elsewhere without knowing what it is.
    #[error("its model.onnx has {what}, which can't be merged; train it again with this version")]
    Foreign {
        /// What it has.
        what: String,
    },
}

impl Graph {
    /// Writes all of a model file into this graph, with `prefix.` before each of its names: its one input becomes `x`,
    /// its one output is what comes back.
    ///
    /// # Errors
    /// [`Error`].
    pub fn embed(&mut self, prefix: &str, onnx: &[u8], x: &Value) -> Result<Value, Error> {
        let model = ModelProto::parse_from_bytes(onnx).map_err(|failed| Error::NotOnnx {
            reason: failed.to_string(),
        })?;
        check_versions(&model)?;
        if !model.functions.is_empty() {
            return Err(foreign("functions of its own"));
        }
        let graph = model.graph.into_option().unwrap_or_default();
        check_tensors(&graph)?;
        let (input, output) = ports(&graph)?;
        let renamed = |name: &str| match name {
            // An optional input or output that is left out.
            "" => String::new(),
            name if name == input => x.name.clone(),
            name => format!("{prefix}.{name}"),
        };
        let result = Value {
            name: renamed(&output),
        };
        for tensor in graph.initializer {
            let name = renamed(&tensor.name);
            self.proto.initializer.push(TensorProto { name, ..tensor });
        }
        for node in graph.node {
            check_node(&node)?;
            let all = |names: &[String]| names.iter().map(|name| renamed(name)).collect();
            self.proto.node.push(NodeProto {
                name: renamed(&node.name),
                input: all(&node.input),
                output: all(&node.output),
                ..node
            });
        }
        Ok(result)
    }
}

fn foreign(what: impl Into<String>) -> Error {
    Error::Foreign { what: what.into() }
}

fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

fn check_versions(model: &ModelProto) -> Result<(), Error> {
    let mut standard = model
        .opset_import
        .iter()
        .filter(|import| is_standard(&import.domain));
    let opset = standard.next().map_or(0, |import| import.version);
    if opset == OPSET && model.ir_version <= IR_VERSION {
        return Ok(());
    }
    Err(Error::Version {
        opset,
        ir_version: model.ir_version,
    })
}

/// Weights lie in the file, dense.
fn check_tensors(graph: &GraphProto) -> Result<(), Error> {
    if !graph.sparse_initializer.is_empty() {
        return Err(foreign("sparse weights"));
    }
    let external = graph
        .initializer
        .iter()
        .find(|tensor| tensor.data_location.enum_value_or_default() == DataLocation::EXTERNAL);
    match external {
        Some(tensor) => Err(foreign(format!(
            "weights in another file ({})",
            tensor.name
        ))),
        None => Ok(()),
    }
}

/// Names of the input and the output. Old ONNX lists weights among the inputs, too.
fn ports(graph: &GraphProto) -> Result<(String, String), Error> {
    let is_weight = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let inputs: Vec<&str> = graph
        .input
        .iter()
        .map(|port| port.name.as_str())
        .filter(|name| !is_weight(name))
        .collect();
    match (inputs.as_slice(), graph.output.as_slice()) {
        ([input], [output]) => Ok(((*input).to_owned(), output.name.clone())),
        (inputs, outputs) => Err(foreign(format!(
            "{} inputs and {} outputs instead of one each",
            inputs.len(),
            outputs.len()
        ))),
    }
}

fn check_node(node: &NodeProto) -> Result<(), Error> {
    let NodeProto {
        op_type, domain, ..
    } = node;
    if !is_standard(domain) {
        return Err(foreign(format!("an operator {op_type} of {domain}")));
    }
    // Its graph may name values of the graph around it.
    let inner = |attribute: &onnx_protobuf::AttributeProto| {
        attribute.g.is_some() || !attribute.graphs.is_empty()
    };
    if node.attribute.iter().any(inner) {
        return Err(foreign(format!("an operator {op_type} with a graph in it")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Error;
    use crate::onnx::graph::{Graph, Weights};
    use onnx_protobuf::{AttributeProto, GraphProto, Message, ModelProto, OperatorSetIdProto};
    use protobuf::MessageField;

    /// `x [N, 2]` times a diagonal of `factor`.
    fn scaled(factor: f32) -> Vec<u8> {
        let mut graph = Graph::new("scaled");
        let x = graph.input_i16("x", &[2]);
        let x = graph.cast_f32("x.f32", &x);
        let weight = Weights {
            shape: vec![2, 2],
            values: vec![factor, 0.0, 0.0, factor],
        };
        let logits = graph.linear("logits", &x, &weight, &[0.0; 2]);
        graph.finish(&logits, 2)
    }

    fn embed(onnx: &[u8]) -> Result<(), Error> {
        let mut graph = Graph::new("merged");
        let x = graph.input_i16("x", &[2]);
        graph.embed("a", onnx, &x).map(drop)
    }

    #[test]
    fn names_of_two_files_do_not_meet() {
        let mut graph = Graph::new("merged");
        let x = graph.input_i16("x", &[2]);
        let a = graph.embed("a", &scaled(2.0), &x).unwrap();
        let b = graph.embed("b", &scaled(3.0), &x).unwrap();
        let sum = graph.binary("Add", "logits", &a, &b);
        let file = graph.finish(&sum, 2);
        let window = needledrop_bundle::Window {
            frames: 2,
            hop: 1,
            bands: 1,
        };
        let mut net = needledrop_infer::Net::load(&file, &window, 2).unwrap();
        let mut logits = [0.0; 2];
        net.logits(&[1, -2], &mut logits).unwrap();
        assert_eq!(logits, [5.0, -10.0]);
    }

    #[test]
    fn what_cannot_be_merged_is_named() {
        let refused = |change: &dyn Fn(&mut ModelProto)| {
            let mut model = ModelProto::parse_from_bytes(&scaled(1.0)).unwrap();
            change(&mut model);
            embed(&model.write_to_bytes().unwrap())
                .expect_err("refused")
                .to_string()
        };
        fn graph(model: &mut ModelProto) -> &mut GraphProto {
            model.graph.as_mut().unwrap()
        }
        for (change, word) in [
            (
                &(|model: &mut ModelProto| model.opset_import[0].version = 13)
                    as &dyn Fn(&mut ModelProto),
                "opset 13 and IR version 8",
            ),
            (&|model| model.ir_version = 11, "IR version 11"),
            (&|model| model.opset_import.clear(), "opset 0"),
            (
                &|model| {
                    model.opset_import.push(OperatorSetIdProto {
                        domain: "com.example".to_owned(),
                        version: 1,
                        ..OperatorSetIdProto::default()
                    });
                    graph(model).node[0].domain = "com.example".to_owned();
                },
                "an operator Cast of com.example",
            ),
            (
                &|model| {
                    graph(model).node[1].attribute.push(AttributeProto {
                        g: MessageField::some(GraphProto::default()),
                        ..AttributeProto::default()
                    });
                },
                "an operator Gemm with a graph in it",
            ),
            (
                &|model| graph(model).input.clear(),
                "0 inputs and 1 outputs",
            ),
            (
                &|model| {
                    graph(model).initializer[0].data_location =
                        onnx_protobuf::tensor_proto::DataLocation::EXTERNAL.into();
                },
                "weights in another file (logits.weight)",
            ),
        ] {
            let refusal = refused(change);
            assert!(refusal.contains(word), "{word}: {refusal}");
        }
        assert!(matches!(embed(b"no model"), Err(Error::NotOnnx { .. })));
        assert_eq!(embed(&scaled(1.0)), Ok(()));
    }
}
