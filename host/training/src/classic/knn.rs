//! The k nearest training windows (linfa-nn), k by validation.

use super::classifier::Classifier;
use super::error::Error;
use super::samples::Samples;
use super::search::{self, Trial};
use linfa_nn::distance::L2Dist;
use linfa_nn::{LinearSearch, NearestNeighbour};
use ndarray::{Array2, ArrayView2, Axis};
use needledrop_networks::onnx::graph::{Graph, Value, Weights};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Numbers of neighbours tried.
const NEIGHBOURS: [usize; 12] = [1, 3, 5, 7, 9, 11, 15, 21, 31, 41, 61, 81];

/// Training windows that vote.
#[derive(Clone, Debug)]
pub(super) struct Knn {
    /// `[windows, features]`, rounded to f32 as the graph holds them.
    x: Array2<f64>,
    labels: Vec<usize>,
    classes: usize,
    k: usize,
}

impl Knn {
    /// Keeps the training windows.
    pub(super) fn fit(train: &Samples, k: usize) -> Self {
        Self {
            x: train.x.mapv(|v| f64::from(v as f32)),
            labels: train.labels.clone(),
            classes: train.classes,
            k: k.min(train.len()),
        }
    }

    /// The k that gets most validation windows right, of equals the one with the least log-loss.
    ///
    /// Not by log-loss alone: the logits of k = 1 can say no more than 2 to 1, however sure the neighbour is.
    pub(super) fn search(train: &Samples, valid: &Samples) -> Result<(Self, Vec<Trial>), Error> {
        let most = NEIGHBOURS.iter().fold(0, |most, &k| most.max(k));
        let model = Self::fit(train, most);
        let neighbours = model.neighbours(valid.x.view(), most)?;
        let mut tried = Vec::new();
        for k in NEIGHBOURS.into_iter().filter(|&k| k <= train.len()) {
            let model = Self { k, ..model.clone() };
            let trial = Trial::of(&[("k", k as f64)], &model.vote(&neighbours), valid);
            tried.push((k, trial));
        }
        let (k, trials) = search::best(tried, search::by_accuracy);
        Ok((Self { k, ..model }, trials))
    }

    /// Rows of the nearest windows, the nearest first, and their squared distances.
    fn neighbours(
        &self,
        x: ArrayView2<'_, f64>,
        k: usize,
    ) -> Result<Vec<Vec<(usize, f64)>>, Error> {
        let failed = |reason: String| Error::Solver {
            model: "knn",
            reason,
        };
        let index = LinearSearch::new()
            .from_batch(&self.x, L2Dist)
            .map_err(|error| failed(error.to_string()))?;
        let rows: Vec<_> = x.axis_iter(Axis(0)).collect();
        rows.into_par_iter()
            .map(|row| {
                let nearest = index
                    .k_nearest(row, k)
                    .map_err(|error| failed(error.to_string()))?;
                let with_distance = nearest.into_iter().map(|(point, at)| {
                    let off = &row - &point;
                    (at, off.dot(&off))
                });
                Ok(with_distance.collect())
            })
            .collect()
    }

    fn vote(&self, neighbours: &[Vec<(usize, f64)>]) -> Array2<f64> {
        let mut out = Array2::zeros((neighbours.len(), self.classes));
        for (nearest, mut out) in neighbours.iter().zip(out.rows_mut()) {
            for (at, _) in nearest.iter().take(self.k) {
                out[self.labels[*at]] += 1.0;
            }
        }
        let all = (self.k + self.classes) as f64;
        out.mapv(|votes: f64| ((votes + 1.0) / all).ln())
    }
}

impl Classifier for Knn {
    fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        // The only failure is of an index without features, which training would have met.
        self.neighbours(x, self.k).map_or_else(
            |_| Array2::zeros((x.nrows(), self.classes)),
            |nearest| self.vote(&nearest),
        )
    }

    /// How far the k + 1st neighbour is behind the kth, as a share of its squared distance: where that is rounding, so
    /// is the vote.
    fn margins(&self, x: ArrayView2<'_, f64>) -> Vec<f64> {
        let Ok(nearest) = self.neighbours(x, self.k + 1) else {
            return vec![0.0; x.nrows()];
        };
        nearest
            .iter()
            .map(|row| match (row.get(self.k - 1), row.get(self.k)) {
                (Some((_, kth)), Some((_, next))) => (next - kth) / next.max(1.0),
                _ => f64::INFINITY,
            })
            .collect()
    }

    fn parameters(&self) -> u64 {
        (self.x.len() + self.labels.len()) as u64
    }

    /// `2 x t - |t|^2` falls with the distance to t, and the window's own square takes no part in the order.
    fn write(&self, graph: &mut Graph, x: &Value, name: &str) -> Value {
        let squares: Vec<f32> = self
            .x
            .rows()
            .into_iter()
            .map(|row| -row.dot(&row) as f32)
            .collect();
        let twice = self.x.t().mapv(|v| 2.0 * v);
        let nearness = graph.linear("nearness", x, &Weights::of(&twice), &squares);
        let nearest = graph.top_k("nearest", &nearness, self.k);
        let mut votes = Array2::<f64>::zeros((self.labels.len(), self.classes));
        for (row, &label) in self.labels.iter().enumerate() {
            votes[[row, label]] = 1.0;
        }
        let table = graph.weights("votes_of_windows", &Weights::of(&votes));
        let votes = graph.gather_by("votes", &table, &nearest, 0);
        let votes = graph.sum("votes.sum", &votes, 1);
        let one = graph.scalar("one", 1.0);
        let votes = graph.binary("Add", "votes.plus_one", &votes, &one);
        let share = graph.scalar("share", ((self.k + self.classes) as f32).recip());
        let shares = graph.binary("Mul", "shares", &votes, &share);
        graph.unary("Log", name, &shares)
    }
}

#[cfg(test)]
mod tests {
    use super::Knn;
    use crate::classic::classifier::Classifier;
    use crate::classic::reference;

    /// scikit-learn's vote shares, as logits of the same form.
    #[test]
    fn votes_are_scikit_learns() {
        let reference = reference::read();
        let k = reference.knn.k;
        let logits = Knn::fit(&reference.train, k).logits(reference.test.view());
        let classes = reference.train.classes as f64;
        for (row, expected) in logits.rows().into_iter().zip(&reference.knn.shares) {
            for (logit, share) in row.iter().zip(expected) {
                let votes = share * k as f64;
                let expected = ((votes + 1.0) / (k as f64 + classes)).ln();
                assert!((logit - expected).abs() < 1e-12, "{logit} {expected}");
            }
        }
    }

    #[test]
    fn a_window_of_training_is_its_own_nearest() {
        let train = reference::read().train;
        let model = Knn::fit(&train, 1);
        let logits = model.logits(train.x.view());
        for (row, &label) in logits.rows().into_iter().zip(&train.labels) {
            assert!(
                row.iter()
                    .enumerate()
                    .all(|(class, v)| class == label || *v < row[label])
            );
        }
    }

    #[test]
    fn a_tie_of_distances_has_no_margin() {
        let mut train = reference::read().train;
        train.x.fill(0.5);
        let margins = Knn::fit(&train, 3).margins(train.x.view());
        assert!(margins.iter().all(|&margin| margin == 0.0));
    }
}
