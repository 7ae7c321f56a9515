//! [`Compact`] as ONNX, channels first as ONNX has them, norms folded.

use super::block::SeparableBlock;
use super::network::Compact;
use crate::Input;
use crate::onnx::fold::values;
use crate::onnx::graph::{Graph, Value, Weights};
use crate::onnx::input::prepared_input;
use crate::onnx::layers::{normed_depthwise, normed_pointwise, normed_stem};
use burn::tensor::backend::Backend;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &Compact<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("compact");
    let x = prepared_input(&mut graph, input);
    let x = graph.one_channel("channel", &x);
    let (stem, norm) = (net.stem.val(), &net.stem_norm);
    let x = normed_stem(&mut graph, "stem", stem, net.stem_geometry, norm, &x);
    let mut x = graph.unary("Relu", "stem.relu", &x);
    for (index, block) in net.blocks.iter().enumerate() {
        x = separable(&mut graph, &format!("block{index}"), block, &x);
    }
    let (collapse, geometry) = (net.collapse.val(), net.collapse_geometry);
    let norm = &net.collapse_norm;
    let x = normed_depthwise(&mut graph, "collapse", collapse, geometry, norm, &x);
    let x = graph.unary("Relu", "collapse.relu", &x);
    let x = graph.pool("features", &x);
    let [channels, classes] = net.head.val().dims();
    let head = Weights {
        shape: vec![channels, classes],
        values: values(net.head.val()),
    };
    let logits = graph.linear("logits", &x, &head, &values(net.head_bias.val()));
    graph.finish(&logits, classes)
}

fn separable<B: Backend>(
    graph: &mut Graph,
    name: &str,
    block: &SeparableBlock<B>,
    input: &Value,
) -> Value {
    let (weight, norm) = (block.depthwise.val(), &block.depthwise_norm);
    let depthwise = format!("{name}.depthwise");
    let x = normed_depthwise(graph, &depthwise, weight, block.geometry, norm, input);
    let x = graph.unary("Relu", &format!("{depthwise}.relu"), &x);
    let (weight, norm) = (block.pointwise.val(), &block.pointwise_norm);
    let x = normed_pointwise(graph, &format!("{name}.pointwise"), weight, norm, &x);
    let x = graph.unary("Relu", &format!("{name}.relu"), &x);
    if block.is_residual() {
        graph.binary("Add", &format!("{name}.sum"), &x, input)
    } else {
        x
    }
}
