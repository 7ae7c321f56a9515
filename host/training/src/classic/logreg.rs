//! Multinomial logistic regression (linfa, L-BFGS), its L2 strength by validation.

use super::classifier::Classifier;
use super::error::Error;
use super::samples::Samples;
use super::search::{self, Trial};
use linfa::traits::Fit;
use linfa::{Dataset, DatasetBase};
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2, ArrayView2};
use needledrop_networks::onnx::graph::{Graph, Value, Weights};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Strengths tried, the strongest first: half their product with the squared weights is added to the summed loss.
const STRENGTHS: [f64; 10] = [3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1];
/// The strength scikit-learn has by default, for the preset that chooses nothing.
pub(super) const DEFAULT_STRENGTH: f64 = 1.0;
/// L-BFGS steps at most.
const MOST_STEPS: u64 = 300;
/// Norm of the gradient that ends the search, per training window.
const GRADIENT_PER_WINDOW: f64 = 1e-5;

/// A fitted model: logits = x * weights + bias.
#[derive(Clone, Debug)]
pub(super) struct LogReg {
    /// `[features, classes]`.
    weights: Array2<f64>,
    bias: Array1<f64>,
}

impl LogReg {
    /// Fits one strength.
    pub(super) fn fit(train: &Samples, strength: f64) -> Result<Self, Error> {
        let data: DatasetBase<_, _> =
            Dataset::new(train.x.clone(), Array1::from(train.labels.clone()));
        let model = MultiLogisticRegression::default()
            .alpha(strength)
            .max_iterations(MOST_STEPS)
            .gradient_tolerance(GRADIENT_PER_WINDOW * train.len() as f64)
            .fit(&data)
            .map_err(|error| Error::Solver {
                model: "logreg",
                reason: error.to_string(),
            })?;
        Ok(Self {
            weights: model.params().clone(),
            bias: model.intercept().clone(),
        })
    }

    /// Weights and bias.
    pub(super) fn into_parts(self) -> (Array2<f64>, Array1<f64>) {
        (self.weights, self.bias)
    }

    /// All weights nought.
    pub(super) fn blank(features: usize, classes: usize) -> Self {
        Self {
            weights: Array2::zeros((features, classes)),
            bias: Array1::zeros(classes),
        }
    }

    /// Fits every strength; the one with the least validation log-loss is kept.
    pub(super) fn search(train: &Samples, valid: &Samples) -> Result<(Self, Vec<Trial>), Error> {
        let tried = STRENGTHS
            .into_par_iter()
            .map(|strength| {
                let model = Self::fit(train, strength)?;
                let trial = Trial::of(&[("l2", strength)], &model.logits(valid.x.view()), valid);
                Ok((model, trial))
            })
            .collect::<Result<_, Error>>()?;
        Ok(search::best(tried, search::by_log_loss))
    }
}

impl Classifier for LogReg {
    fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        x.dot(&self.weights) + &self.bias
    }

    fn parameters(&self) -> u64 {
        (self.weights.len() + self.bias.len()) as u64
    }

    fn write(&self, graph: &mut Graph, x: &Value, name: &str) -> Value {
        let bias: Vec<f32> = self.bias.iter().map(|&v| v as f32).collect();
        graph.linear(name, x, &Weights::of(&self.weights), &bias)
    }
}

#[cfg(test)]
mod tests {
    use super::LogReg;
    use crate::classic::classifier::Classifier;
    use crate::classic::reference;

    /// scikit-learn's probabilities on the same windows at the same strength.
    #[test]
    fn probabilities_are_scikit_learns() {
        let reference = reference::read();
        let model = LogReg::fit(&reference.train, reference.logreg.strength).unwrap();
        reference::assert_same_probabilities(
            &model.logits(reference.test.view()),
            &reference.logreg.probabilities,
            2e-4,
        );
    }
}
