//! Gaussian naive Bayes, the smoothing of its variances by validation.
//!
//! Means and variances are sums, so that there is nothing to solve; linfa-bayes would compute them but keeps them to
//! itself.

use super::classifier::Classifier;
use super::samples::Samples;
use super::search::{self, Trial};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use needledrop_networks::onnx::graph::{Graph, Value, Weights};

/// Shares of the largest variance that are added to every variance. The first is scikit-learn's default.
const SMOOTHINGS: [f64; 8] = [PLAIN, 1e-3, 1e-2, 1e-1, 1.0, 3.0, 10.0, 30.0];
/// What keeps a variance from being nought and no more.
pub(super) const PLAIN: f64 = 1e-9;

/// A fitted model: its logits are the log joint densities.
#[derive(Clone, Debug)]
pub(super) struct Gnb {
    /// `[classes, features]`.
    means: Array2<f64>,
    /// 1 / (2 variance), `[classes, features]`.
    precisions: Array2<f64>,
    /// Log prior and log normaliser of each class.
    bias: Array1<f64>,
}

impl Gnb {
    /// Fits one smoothing.
    pub(super) fn fit(train: &Samples, smoothing: f64) -> Self {
        let (classes, features) = (train.classes, train.x.ncols());
        let largest = train
            .x
            .var_axis(Axis(0), 0.0)
            .fold(0.0_f64, |most, &v| most.max(v));
        // All windows alike leave no variance to take a share of.
        let added = (smoothing * largest).max(f64::MIN_POSITIVE.sqrt());
        let mut model = Self {
            means: Array2::zeros((classes, features)),
            precisions: Array2::zeros((classes, features)),
            bias: Array1::zeros(classes),
        };
        for class in 0..classes {
            let rows = train.rows_of(class);
            let x = train.x.select(Axis(0), &rows);
            let variance = x.var_axis(Axis(0), 0.0) + added;
            if let Some(mean) = x.mean_axis(Axis(0)) {
                model.means.row_mut(class).assign(&mean);
            }
            model
                .precisions
                .row_mut(class)
                .assign(&variance.mapv(|v| 0.5 / v));
            let normaliser: f64 = variance
                .iter()
                .map(|v| 0.5 * (2.0 * std::f64::consts::PI * v).ln())
                .sum();
            model.bias[class] = (rows.len() as f64 / train.len() as f64).ln() - normaliser;
        }
        model
    }

    /// Fits every smoothing; the one that gets most validation windows right is kept, of equals the one with the least
    /// log-loss.
    ///
    /// Not by log-loss alone: correlated features make the densities too sure, which the temperature of the export
    /// mends and smoothing only hides.
    pub(super) fn search(train: &Samples, valid: &Samples) -> (Self, Vec<Trial>) {
        let tried = SMOOTHINGS.map(|smoothing| {
            let model = Self::fit(train, smoothing);
            let trial = Trial::of(
                &[("smoothing", smoothing)],
                &model.logits(valid.x.view()),
                valid,
            );
            (model, trial)
        });
        search::best(tried.into(), search::by_accuracy)
    }
}

impl Classifier for Gnb {
    fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut out = Array2::zeros((x.nrows(), self.bias.len()));
        for (row, mut out) in x.rows().into_iter().zip(out.rows_mut()) {
            for (class, out) in out.iter_mut().enumerate() {
                let off = &row - &self.means.row(class);
                *out = self.bias[class] - (&off * &off * self.precisions.row(class)).sum();
            }
        }
        out
    }

    fn parameters(&self) -> u64 {
        (self.means.len() + self.precisions.len() + self.bias.len()) as u64
    }

    /// Differences are squared one by one: expanded into matrix products they would cancel in f32.
    fn write(&self, graph: &mut Graph, x: &Value, name: &str) -> Value {
        let means = graph.weights("means", &Weights::of(&self.means));
        let precisions = graph.weights("precisions", &Weights::of(&self.precisions));
        let bias = graph.weights("log_priors", &Weights::row(&self.bias));
        let x = graph.unsqueeze("windows", x, 1);
        let off = graph.binary("Sub", "off", &x, &means);
        let square = graph.binary("Mul", "square", &off, &off);
        let weighted = graph.binary("Mul", "weighted", &square, &precisions);
        let distance = graph.sum("distance", &weighted, 2);
        graph.binary("Sub", name, &bias, &distance)
    }
}

#[cfg(test)]
mod tests {
    use super::{Gnb, PLAIN};
    use crate::classic::classifier::Classifier;
    use crate::classic::reference;

    #[test]
    fn probabilities_are_scikit_learns() {
        let reference = reference::read();
        let model = Gnb::fit(&reference.train, PLAIN);
        reference::assert_same_probabilities(
            &model.logits(reference.test.view()),
            &reference.gnb.probabilities,
            1e-9,
        );
    }

    #[test]
    fn windows_all_alike_give_the_priors() {
        let mut train = reference::read().train;
        train.x.fill(2.0);
        let logits = Gnb::fit(&train, PLAIN).logits(train.x.view());
        assert!(logits.iter().all(|v| v.is_finite()));
    }
}
