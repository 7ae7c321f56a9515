//! Window statistics as a graph: the twin of `classic::statistics`.

use super::preparation::Preparation;
use super::statistics::cepstra;
use needledrop_bundle::Window;
use needledrop_networks::cepstra::dct;
use needledrop_networks::onnx::graph::{Graph, Value, Weights};

/// Statistics of normalised windows.
///
/// # Shape
/// `[N, frames, bands]` to `[N, features]`.
pub(crate) fn statistics(graph: &mut Graph, x: &Value, window: Window) -> Value {
    let Window { frames, bands, .. } = window;
    let dct = Weights {
        shape: vec![bands, cepstra(bands)],
        values: dct(bands, cepstra(bands)),
    };
    let dct = graph.weights("cepstra.dct", &dct);
    let cepstra = graph.binary("MatMul", "cepstra", x, &dct);
    let channels = graph.concat("channels", &[x, &cepstra], 2);
    let mean = graph.mean("mean.kept", &channels, &[1]);
    let off = graph.binary("Sub", "centred", &channels, &mean);
    let square = graph.binary("Mul", "centred.square", &off, &off);
    let variance = graph.reduce("ReduceMean", "variance", &square, 1);
    let deviation = graph.unary("Sqrt", "deviation", &variance);
    let later = graph.slice("later", &channels, 1, 1, frames);
    let earlier = graph.slice("earlier", &channels, 1, 0, frames - 1);
    let difference = graph.binary("Sub", "difference", &later, &earlier);
    let difference = graph.unary("Abs", "difference.size", &difference);
    let change = graph.reduce("ReduceMean", "change", &difference, 1);
    let mean = graph.reduce("ReduceMean", "mean", &channels, 1);
    let least = graph.reduce("ReduceMin", "least", &channels, 1);
    let most = graph.reduce("ReduceMax", "most", &channels, 1);
    graph.concat(
        "statistics",
        &[&mean, &deviation, &change, &least, &most],
        1,
    )
}

/// Standardised and projected, `[N, features]` to `[N, features or components]`.
pub(crate) fn prepared(graph: &mut Graph, x: &Value, preparation: &Preparation) -> Value {
    let mean = graph.weights("training.mean", &Weights::row(&preparation.mean));
    let scale = graph.weights("training.scale", &Weights::row(&preparation.scale));
    let x = graph.binary("Sub", "features.centred", x, &mean);
    let x = graph.binary("Mul", "features", &x, &scale);
    match &preparation.components {
        Some(components) => {
            let components = graph.weights("pca.components", &Weights::of(components));
            graph.binary("MatMul", "pca", &x, &components)
        }
        None => x,
    }
}
