//! [`MobileNetV2`] as ONNX, channels first as ONNX has them, norms folded.

use super::block::InvertedResidual;
use super::network::MobileNetV2;
use super::picture::{SIDE, picture_columns, picture_rows};
use crate::Input;
use crate::onnx::graph::{Graph, Value, Weights};
use crate::onnx::input::prepared_input;
use crate::onnx::layers::{finish, normed_depthwise, normed_pointwise, normed_stem};
use burn::tensor::backend::Backend;
use needledrop_bundle::Window;

/// The network's file.
pub(super) fn graph<B: Backend>(net: &MobileNetV2<B>, input: &Input) -> Vec<u8> {
    let mut graph = Graph::new("mobilenetv2");
    let x = prepared_input(&mut graph, input);
    let x = picture(&mut graph, input.window, &x);
    let (stem, norm) = (net.stem.val(), &net.stem_norm);
    let x = normed_stem(&mut graph, "stem", stem, net.stem_geometry, norm, &x);
    let mut x = graph.relu6("stem.relu6", &x);
    for (index, block) in net.blocks.iter().enumerate() {
        x = inverted_residual(&mut graph, &format!("block{index}"), block, &x);
    }
    let x = normed_pointwise(&mut graph, "last", net.last.val(), &net.last_norm, &x);
    let x = graph.relu6("last.relu6", &x);
    let x = graph.pool("features", &x);
    finish(graph, &net.head, &x)
}

/// `[N, frames, bands]` to `[N, 1, 224, 224]`.
fn picture(graph: &mut Graph, window: Window, x: &Value) -> Value {
    let Window { frames, bands, .. } = window;
    let mut constant = |name: &str, values: Vec<f32>, shape: [usize; 2]| {
        let shape = shape.to_vec();
        graph.weights(name, &Weights { shape, values })
    };
    let rows = constant("picture.rows", picture_rows(bands), [SIDE, bands]);
    let columns = constant("picture.columns", picture_columns(frames), [frames, SIDE]);
    let x = graph.transpose("picture.upwards", x, &[0, 2, 1]); // [N, bands, frames]
    let x = graph.binary("MatMul", "picture.high", &rows, &x); // [N, 224, frames]
    let x = graph.binary("MatMul", "picture.wide", &x, &columns); // [N, 224, 224]
    let x = graph.clip("picture.within", &x, [-1.0, 1.0]);
    graph.one_channel("picture", &x)
}

fn inverted_residual<B: Backend>(
    graph: &mut Graph,
    name: &str,
    block: &InvertedResidual<B>,
    input: &Value,
) -> Value {
    let mut x = input.clone();
    if let Some((weight, norm)) = &block.expand {
        x = normed_pointwise(graph, &format!("{name}.expand"), weight.val(), norm, &x);
        x = graph.relu6(&format!("{name}.expand.relu6"), &x);
    }
    let (weight, norm) = (block.depthwise.val(), &block.depthwise_norm);
    let depthwise = format!("{name}.depthwise");
    let x = normed_depthwise(graph, &depthwise, weight, block.geometry, norm, &x);
    let x = graph.relu6(&format!("{depthwise}.relu6"), &x);
    let (weight, norm) = (block.project.val(), &block.project_norm);
    let x = normed_pointwise(graph, &format!("{name}.project"), weight, norm, &x);
    if block.is_residual {
        graph.binary("Add", &format!("{name}.sum"), &x, input)
    } else {
        x
    }
}
