//! Whether both runtimes give the trainer's logits.
use super::run_folder::RunFolder;
use crate::onnx_runtime::OnnxRuntime;
use anyhow::{Context, Result};
use needledrop_bundle::file;
use needledrop_infer::{Error, Net};
use serde::Serialize;

/// Difference allowed, in units of max(1, largest logit).
const RELATIVE: f64 = 1e-4;

/// Largest differences between the trainer's logits and each runtime's.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Parity {
    /// Windows compared.
    pub(crate) windows: usize,
    /// Largest difference allowed: 1e-4 * max(1, largest of the trainer's logits).
    pub(crate) tolerance: f64,
    /// Largest difference in tract; none when a logit was not finite.
    pub(crate) tract: Option<f64>,
    /// Largest difference in ONNX Runtime; none when a logit was not finite.
    pub(crate) onnx_runtime: Option<f64>,
    /// Whether both are within the tolerance.
    pub(crate) passed: bool,
}

/// Runs every parity window through both runtimes.
///
/// # Errors
/// When a runtime refuses the graph; a wrong result is no error but [`Parity::passed`] false.
pub(crate) fn check(run: &RunFolder, runtime: &OnnxRuntime) -> Result<Parity> {
    let classes = run.record.labels.len();
    let mut net = Net::load(&run.onnx, &run.record.window, classes)
        .with_context(|| format!("run folder {}: {}", run.path.display(), file::MODEL))?;
    let mut graph = runtime.load_graph(&run.onnx, &run.input_shape)?;
    let (mut tract, mut onnx_runtime) = (Worst::default(), Worst::default());
    let mut logits = vec![0.0; classes];
    for (window, expected) in run
        .parity_x
        .iter()
        .zip(run.parity_logits.chunks_exact(classes))
    {
        match net.logits(window, &mut logits) {
            Ok(()) => tract.compare(expected, &logits),
            Err(Error::NotFinite { .. }) => tract.0 = None,
            Err(other) => return Err(other.into()),
        }
        onnx_runtime.compare(expected, &graph.logits(window)?);
    }
    let largest = run.parity_logits.iter().fold(1.0f64, |largest, &logit| {
        largest.max(f64::from(logit.abs()))
    });
    let tolerance = RELATIVE * largest;
    let within = |worst: &Worst| worst.0.is_some_and(|worst| worst <= tolerance);
    let passed = tolerance.is_finite() && within(&tract) && within(&onnx_runtime);
    Ok(Parity {
        windows: run.parity_x.len(),
        tolerance,
        tract: tract.0,
        onnx_runtime: onnx_runtime.0,
        passed,
    })
}

/// Largest difference so far; none for good once a value was not finite.
#[derive(Debug, PartialEq)]
struct Worst(Option<f64>);

impl Default for Worst {
    fn default() -> Self {
        Self(Some(0.0))
    }
}

impl Worst {
    fn compare(&mut self, expected: &[f32], actual: &[f32]) {
        if expected.len() != actual.len() {
            self.0 = None;
        }
        for (expected, actual) in expected.iter().zip(actual) {
            let difference = (f64::from(*expected) - f64::from(*actual)).abs();
            self.0 = self
                .0
                .filter(|_| difference.is_finite())
                .map(|worst| worst.max(difference));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Worst;

    #[test]
    fn keeps_the_largest_and_never_forgets_a_nan() {
        let mut worst = Worst::default();
        worst.compare(&[1.0, 2.0], &[1.0, 2.5]);
        worst.compare(&[1.0, 2.0], &[1.25, 2.0]);
        assert_eq!(worst, Worst(Some(0.5)));
        worst.compare(&[1.0], &[f32::NAN]);
        worst.compare(&[1.0], &[1.0]);
        assert_eq!(worst, Worst(None));
        let mut short = Worst::default();
        short.compare(&[1.0, 2.0], &[1.0]);
        assert_eq!(short, Worst(None));
    }
}
