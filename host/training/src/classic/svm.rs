//! Support vector machine with an RBF kernel, one class against the rest; C and gamma by cross-validation.
//!
//! The kernel matrix of all training windows is made once for each gamma; every class, fold and C works on it.

use super::classifier::Classifier;
use super::folds::folds;
use super::samples::Samples;
use super::search::{self, Trial};
use super::smo::{self, Solution};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use needledrop_data::progress::Progress;
use needledrop_networks::onnx::graph::{Graph, Value, Weights};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Values of C tried.
const COSTS: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];
/// Values of gamma tried, in units of 1 / total variance of the features (what scikit-learn calls `scale`).
const GAMMAS: [f64; 5] = [0.125, 0.25, 0.5, 1.0, 2.0];

/// Support vectors with their weights in each class's decision value.
#[derive(Clone, Debug)]
pub struct Svm {
    /// `[vectors, features]`, rounded to f32 as the graph holds them.
    vectors: Array2<f64>,
    /// `[vectors, classes]`.
    weights: Array2<f64>,
    bias: Array1<f64>,
    gamma: f64,
}

impl Svm {
    /// Fits one pair of C and gamma.
    pub fn fit(train: &Samples, cost: f64, gamma: f64) -> Self {
        let rows: Vec<usize> = (0..train.len()).collect();
        let x = train.x.mapv(|v| v as f32);
        let kernel = kernel_of(&squared_distances(&x), gamma);
        let solutions = one_against_rest(&kernel, &train.labels, train.classes, cost);
        let supports: Vec<usize> = rows
            .into_iter()
            .filter(|&row| solutions.iter().any(|s| s.weights[row] != 0.0))
            .collect();
        let weights = Array2::from_shape_fn((supports.len(), train.classes), |(row, class)| {
            solutions[class].weights[supports[row]]
        });
        Self {
            vectors: x.select(Axis(0), &supports).mapv(f64::from),
            weights,
            bias: solutions.iter().map(|solution| solution.bias).collect(),
            gamma,
        }
    }

    /// All weights nought.
    pub(super) fn blank(vectors: usize, features: usize, classes: usize) -> Self {
        Self {
            vectors: Array2::zeros((vectors, features)),
            weights: Array2::zeros((vectors, classes)),
            bias: Array1::zeros(classes),
            gamma: 1.0,
        }
    }

    /// Tries every pair by cross-validation over groups of clips; the pair that gets most held-out windows right is
    /// kept, of equals the one with the least C and gamma.
    pub(super) fn search(train: &Samples, seed: u64) -> (Self, Vec<Trial>) {
        let scale = train
            .x
            .var_axis(Axis(0), 0.0)
            .sum()
            .max(f64::MIN_POSITIVE)
            .recip();
        let folds = Folds::new(train, seed);
        let distances = squared_distances(&train.x.mapv(|v| v as f32));
        let progress = Progress::new(
            "cross-validation",
            "fits",
            (GAMMAS.len() * COSTS.len() * folds.count) as u64,
        );
        let mut tried = Vec::new();
        for gamma in GAMMAS.map(|gamma| gamma * scale) {
            let kernel = kernel_of(&distances, gamma);
            let mut held_out = vec![Array2::zeros((train.len(), train.classes)); COSTS.len()];
            for fold in 0..folds.count {
                let part = folds.part(&kernel, fold);
                for (cost, held_out) in COSTS.into_iter().zip(&mut held_out) {
                    part.decide(train, cost, held_out);
                    progress.advance(1);
                }
            }
            for (cost, decisions) in COSTS.into_iter().zip(&held_out) {
                let setting = [("c", cost), ("gamma", gamma)];
                tried.push(((cost, gamma), Trial::of(&setting, decisions, train)));
            }
        }
        progress.finish();
        tried.sort_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let ((cost, gamma), trials) = search::best(tried, search::by_accuracy_alone);
        (Self::fit(train, cost, gamma), trials)
    }

    /// Decision values, `[windows, features]` to `[windows, classes]`.
    pub fn decide(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let kernel = distances_between(x, self.vectors.view()).mapv(|d| (-self.gamma * d).exp());
        kernel.dot(&self.weights) + &self.bias
    }

    /// Support vectors.
    pub fn vectors(&self) -> usize {
        self.vectors.nrows()
    }
}

impl Classifier for Svm {
    fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        self.decide(x)
    }

    fn parameters(&self) -> u64 {
        (self.vectors.len() + self.weights.len() + self.bias.len()) as u64
    }

    fn write(&self, graph: &mut Graph, x: &Value, name: &str) -> Value {
        let squares: Array1<f64> = self
            .vectors
            .rows()
            .into_iter()
            .map(|row| row.dot(&row))
            .collect();
        let square = graph.binary("Mul", "square", x, x);
        let own = graph.sum_kept("square.sum", &square, 1);
        let squares: Vec<f32> = squares.iter().map(|&v| v as f32).collect();
        let minus_twice = self.vectors.t().mapv(|v| -2.0 * v);
        let product = graph.linear("products", x, &Weights::of(&minus_twice), &squares);
        let distance = graph.binary("Add", "distance", &product, &own);
        let zero = graph.scalar("zero", 0.0);
        let distance = graph.binary("Max", "distance.rounded", &distance, &zero);
        let gamma = graph.scalar("minus_gamma", -self.gamma as f32);
        let exponent = graph.binary("Mul", "exponent", &distance, &gamma);
        let kernel = graph.unary("Exp", "kernel", &exponent);
        let bias: Vec<f32> = self.bias.iter().map(|&v| v as f32).collect();
        graph.linear(name, &kernel, &Weights::of(&self.weights), &bias)
    }
}

/// A decision function for each class.
fn one_against_rest(
    kernel: &Array2<f32>,
    labels: &[usize],
    classes: usize,
    cost: f64,
) -> Vec<Solution> {
    let kernel = kernel.as_slice().unwrap_or_default();
    (0..classes)
        .into_par_iter()
        .map(|class| {
            let positive: Vec<bool> = labels.iter().map(|&label| label == class).collect();
            smo::solve(kernel, &positive, cost)
        })
        .collect()
}

/// `|a - b|^2` of all pairs of rows.
fn squared_distances(x: &Array2<f32>) -> Array2<f32> {
    let squares: Array1<f32> = x.rows().into_iter().map(|row| row.dot(&row)).collect();
    let mut out = x.dot(&x.t());
    for (row, mut values) in out.rows_mut().into_iter().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            *value = match row == column {
                true => 0.0,
                false => (squares[row] + squares[column] - 2.0 * *value).max(0.0),
            };
        }
    }
    out
}

fn distances_between(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Array2<f64> {
    let squares: Array1<f64> = b.rows().into_iter().map(|row| row.dot(&row)).collect();
    let mut out = a.dot(&b.t()) * -2.0 + &squares;
    for (mut row, a) in out.rows_mut().into_iter().zip(a.rows()) {
        let own = a.dot(&a);
        row.mapv_inplace(|v| (v + own).max(0.0));
    }
    out
}

fn kernel_of(distances: &Array2<f32>, gamma: f64) -> Array2<f32> {
    let gamma = gamma as f32;
    distances.mapv(|d| (-gamma * d).exp())
}

/// Which windows each fold holds out.
struct Folds {
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    fn new(train: &Samples, seed: u64) -> Self {
        let of = folds(&train.labels, &train.groups, seed);
        let count = of.iter().max().map_or(0, |most| most + 1);
        Self { of, count }
    }

    fn part(&self, kernel: &Array2<f32>, fold: usize) -> Part {
        let rows = |inside: bool| -> Vec<usize> {
            (0..self.of.len())
                .filter(|&row| (self.of[row] == fold) == inside)
                .collect()
        };
        let (held, used) = (rows(true), rows(false));
        let columns = kernel.select(Axis(1), &used);
        Part {
            within: columns.select(Axis(0), &used),
            across: columns.select(Axis(0), &held),
            held,
            used,
        }
    }
}

/// One fold's cut of the kernel matrix.
struct Part {
    held: Vec<usize>,
    used: Vec<usize>,
    /// Kernel among the windows that are learnt from.
    within: Array2<f32>,
    /// Kernel between held-out windows (rows) and those.
    across: Array2<f32>,
}

impl Part {
    /// Decision values of the held-out windows into their rows of `out`.
    fn decide(&self, train: &Samples, cost: f64, out: &mut Array2<f64>) {
        let labels: Vec<usize> = self.used.iter().map(|&row| train.labels[row]).collect();
        let solutions = one_against_rest(&self.within, &labels, train.classes, cost);
        for (class, solution) in solutions.iter().enumerate() {
            let weights: Array1<f32> = solution.weights.iter().map(|&w| w as f32).collect();
            let values = self.across.dot(&weights);
            for (&row, value) in self.held.iter().zip(values) {
                out[[row, class]] = f64::from(value) + solution.bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Svm;
    use crate::classic::classifier::Classifier;
    use crate::classic::reference;

    /// Decision values of scikit-learn's SVC, one class against the rest, same C and gamma, solved to 1e-8.
    #[test]
    fn decision_values_are_scikit_learns() {
        let reference = reference::read();
        for case in &reference.svm {
            let model = Svm::fit(&reference.train, case.cost, case.gamma);
            let logits = model.logits(reference.test.view());
            for (row, expected) in logits.rows().into_iter().zip(&case.decisions) {
                for (value, expected) in row.iter().zip(expected) {
                    // Twice the solver's tolerance.
                    assert!((value - expected).abs() < 2e-3, "{value} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_search_is_a_pure_function_of_the_seed() {
        let train = reference::read().train;
        let (a, trials) = Svm::search(&train, 3);
        let (b, again) = Svm::search(&train, 3);
        assert_eq!((a.vectors, a.weights), (b.vectors, b.weights));
        assert_eq!(trials, again);
        assert_eq!(trials.iter().filter(|trial| trial.chosen).count(), 1);
    }
}
