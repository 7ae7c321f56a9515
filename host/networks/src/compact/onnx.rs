//! [`Compact`] as ONNX, channels first as ONNX has them.

use super::network::Compact;
use crate::Input;
use crate::nn::kernel::Depthwise;
use crate::nn::layers::{NormRelu, SeparableBlock};
use crate::onnx::fold::{ScaleShift, values};
use crate::onnx::graph::{Conv, Graph, Value, Weights};
use crate::onnx::input::prepared_input;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &Compact<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("compact");
    let x = prepared_input(&mut graph, input);
    let x = graph.one_channel("channel", &x);
    let mut x = stem(&mut graph, net, &x);
    for (index, block) in net.blocks.iter().enumerate() {
        x = separable(&mut graph, &format!("block{index}"), block, &x);
    }
    let x = depthwise(
        &mut graph,
        "collapse",
        net.collapse.val(),
        net.collapse_geometry,
        &net.collapse_norm,
        &x,
    );
    let x = graph.pool("features", &x);
    let [channels, classes] = net.head.val().dims();
    let head = Weights {
        shape: vec![channels, classes],
        values: values(net.head.val()),
    };
    let logits = graph.linear("logits", &x, &head, &values(net.head_bias.val()));
    graph.finish(&logits, classes)
}

fn stem<B: Backend>(graph: &mut Graph, net: &Compact<B>, x: &Value) -> Value {
    let geometry = net.stem_geometry;
    let [height, width] = geometry.kernel;
    let fold = ScaleShift::of(&net.stem_norm);
    let weight = Weights {
        shape: vec![fold.shift.len(), 1, height, width],
        values: fold.transpose(&values(net.stem.val())),
    };
    let x = graph.conv("stem", x, &weight, &fold.shift, Conv::of(geometry, 1));
    graph.unary("Relu", "stem.relu", &x)
}

fn separable<B: Backend>(
    graph: &mut Graph,
    name: &str,
    block: &SeparableBlock<B>,
    input: &Value,
) -> Value {
    let weight = block.depthwise.val();
    let x = depthwise(
        graph,
        &format!("{name}.depthwise"),
        weight,
        block.geometry,
        &block.depthwise_norm,
        input,
    );
    let fold = ScaleShift::of(&block.pointwise_norm);
    let [from, to] = block.pointwise.val().dims();
    let weight = Weights {
        shape: vec![to, from, 1, 1],
        values: fold.transpose(&values(block.pointwise.val())),
    };
    let x = graph.conv(
        &format!("{name}.pointwise"),
        &x,
        &weight,
        &fold.shift,
        Conv::POINTWISE,
    );
    let x = graph.unary("Relu", &format!("{name}.relu"), &x);
    if block.is_residual() {
        graph.binary("Add", &format!("{name}.sum"), &x, input)
    } else {
        x
    }
}

fn depthwise<B: Backend>(
    graph: &mut Graph,
    name: &str,
    weight: Tensor<B, 3>,
    geometry: Depthwise,
    norm: &NormRelu<B>,
    x: &Value,
) -> Value {
    let fold = ScaleShift::of(norm);
    let [height, width, channels] = weight.dims();
    let weight = Weights {
        shape: vec![channels, 1, height, width],
        values: fold.transpose(&values(weight)),
    };
    let conv = Conv::of(geometry, channels);
    let x = graph.conv(name, x, &weight, &fold.shift, conv);
    graph.unary("Relu", &format!("{name}.relu"), &x)
}
