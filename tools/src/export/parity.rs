//! Whether both runtimes give the trainer's logits: windows and logits of the run in, largest differences out.
use super::run_folder::Checked;
use crate::onnx_runtime::OnnxRuntime;
use anyhow::{Context, Result};
use needledrop_infer::{self as infer, Error, Net};
use serde::Serialize;
use std::path::Path;

/// Largest differences between the trainer's logits and each runtime's.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Parity {
    /// Windows compared.
    pub(crate) windows: usize,
    /// Largest difference allowed ([`infer::Parity`]).
    pub(crate) tolerance: f64,
    /// Largest difference in tract; none when a logit was not finite.
    pub(crate) tract: Option<f64>,
    /// Largest difference in ONNX Runtime; none when a logit was not finite.
    pub(crate) onnx_runtime: Option<f64>,
    /// Windows of a classic model that a runtime gives another class than the trainer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_class: Vec<usize>,
    /// Whether both keep the rule.
    pub(crate) passed: bool,
}

/// Runs every parity window of a network of the run at `path` through both runtimes.
///
/// # Errors
/// When a runtime refuses the graph; a wrong result is no error but [`Parity::passed`] false.
pub(crate) fn check(path: &Path, network: &Checked, runtime: &OnnxRuntime) -> Result<Parity> {
    let classes = network.logits.len() / network.x.len().max(1);
    let mut net = Net::load(&network.onnx, &network.window, classes)
        .with_context(|| format!("run folder {}: {}", path.display(), network.file))?;
    let mut graph = runtime.load_graph(&network.onnx, &network.input_shape)?;
    let mut tract = match &network.margins {
        Some(margins) => infer::Parity::by_class(&network.logits, margins),
        None => infer::Parity::with(&network.logits),
    };
    let mut onnx_runtime = tract.clone();
    let mut logits = vec![0.0; classes];
    for (window, expected) in network.x.iter().zip(network.logits.chunks_exact(classes)) {
        match net.logits(window, &mut logits) {
            Ok(()) => tract.compare(expected, &logits),
            Err(Error::NotFinite { .. }) => tract.fail(),
            Err(other) => return Err(other.into()),
        }
        onnx_runtime.compare(expected, &graph.logits(window)?);
    }
    Ok(Parity {
        windows: network.x.len(),
        tolerance: tract.tolerance(),
        tract: tract.difference(),
        onnx_runtime: onnx_runtime.difference(),
        other_class: other_class(&tract, &onnx_runtime),
        passed: tract.holds() && onnx_runtime.holds(),
    })
}

/// A largest difference for people.
pub(crate) fn shown(worst: Option<f64>) -> String {
    worst.map_or_else(|| "not finite".to_owned(), |worst| format!("{worst:.1e}"))
}

fn other_class(tract: &infer::Parity, onnx_runtime: &infer::Parity) -> Vec<usize> {
    let mut windows = [tract.other_class(), onnx_runtime.other_class()].concat();
    windows.sort_unstable();
    windows.dedup();
    windows
}
