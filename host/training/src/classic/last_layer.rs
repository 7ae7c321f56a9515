//! A network's last layer, solved for: features `[windows, features]` of its frozen layers go in, weights and bias come
//! out, with answers to all windows by layers that did not learn from their groups.

use super::error::Error;
use super::folds::folds;
use super::logreg::LogReg;
use super::preparation::{LeastDeviation, Preparation};
use super::samples::Samples;
use super::search::{self, Trial};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use needledrop_data::progress::Progress;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

/// L2 strengths tried, the strongest first: half their product with the squared weights of standardised features is
/// added to the summed loss.
const STRENGTHS: [f64; 7] = [3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0];
/// The strength where no window can be judged by a layer that knows its label: with a clip or two of each.
const FEW_CLIPS_STRENGTH: f64 = 100.0;
/// How far the logit of a label without training windows is below the mean of the others.
const UNSEEN_BELOW: f64 = 20.0;

/// Multinomial logistic regression: logits = x * weights + bias.
#[derive(Clone, Debug)]
pub(crate) struct LastLayer {
    /// `[features, labels]`.
    pub(crate) weights: Array2<f64>,
    /// `[labels]`.
    pub(crate) bias: Array1<f64>,
}

/// A layer with how sure one can be of it.
pub(crate) struct CrossValidated {
    /// Fitted to all windows.
    pub(crate) layer: LastLayer,
    /// Logits of all windows, `[windows, labels]`, by layers of the same strength that saw no window of their groups.
    pub(crate) held_out: Array2<f64>,
    /// Whether each window could be judged: its label has windows of another group.
    pub(crate) judged: Vec<bool>,
    /// What was tried.
    pub(crate) trials: Vec<Trial>,
}

impl LastLayer {
    /// Fits one strength; `samples.classes` are all labels, whether they have windows or not.
    fn fit(samples: &Samples, strength: f64) -> Result<Self, Error> {
        let mut seen = samples.labels.clone();
        seen.sort_unstable();
        seen.dedup();
        let labels = samples.classes;
        let preparation = Preparation::fit(samples.x.view(), LeastDeviation::Relative(1e-6), None)?;
        let features = samples.x.ncols();
        let mut layer = Self {
            weights: Array2::zeros((features, labels)),
            bias: Array1::from_elem(labels, -UNSEEN_BELOW),
        };
        // Of a single label there is nothing to solve: all its answers are that label.
        if seen.len() > 1 {
            let prepared = samples.clone().prepared(&preparation, &seen);
            let (weights, bias) = LogReg::fit(&prepared, strength)?.into_parts();
            let weights = weights * preparation.scale.view().insert_axis(Axis(1));
            let bias = bias - preparation.mean.dot(&weights);
            let mean = weights.mean_axis(Axis(1)).unwrap_or_default();
            let mean_bias = bias.mean().unwrap_or_default();
            for label in 0..labels {
                let class = seen.iter().position(|&it| it == label);
                let (column, bias) = match class {
                    Some(class) => (weights.column(class), bias[class]),
                    None => (mean.view(), mean_bias - UNSEEN_BELOW),
                };
                layer.weights.column_mut(label).assign(&column);
                layer.bias[label] = bias;
            }
        } else if let Some(&label) = seen.first() {
            layer.bias[label] = 0.0;
        }
        Ok(layer)
    }

    /// Fits every strength to all folds but one; the strength that knows the held-out windows best, by log-loss, is
    /// fitted to all windows.
    ///
    /// Windows whose label has no other group can't be judged: they have no part in the choice.
    pub(crate) fn cross_validate(samples: &Samples, seed: u64) -> Result<CrossValidated, Error> {
        let fold_of = folds(&samples.labels, &samples.groups, seed);
        let parts = Part::all(samples, &fold_of);
        let known: Vec<usize> = {
            let mut rows: Vec<usize> = parts.iter().flat_map(|part| part.known.clone()).collect();
            rows.sort_unstable();
            rows
        };
        let judged = samples.rows(&known);
        let strengths = match known.is_empty() {
            true => &[FEW_CLIPS_STRENGTH][..],
            false => &STRENGTHS,
        };
        let fits = strengths.len() * parts.len();
        let progress = Progress::new("cross-validation", "fits", fits as u64);
        let mut tried = Vec::with_capacity(strengths.len());
        for &strength in strengths {
            let mut held_out = Array2::zeros((samples.len(), samples.classes));
            let answers = parts
                .par_iter()
                .map(|part| {
                    let layer = Self::fit(&part.learned, strength)?;
                    progress.advance(1);
                    Ok(layer.logits(part.held.x.view()))
                })
                .collect::<Result<Vec<Array2<f64>>, Error>>()?;
            for (part, answers) in parts.iter().zip(&answers) {
                for (&row, answer) in part.rows.iter().zip(answers.rows()) {
                    held_out.row_mut(row).assign(&answer);
                }
            }
            let known = held_out.select(Axis(0), &known);
            let trial = Trial::of(&[("l2", strength)], &known, &judged);
            tried.push(((strength, held_out), trial));
        }
        progress.finish();
        let ((strength, held_out), trials) = search::best(tried, search::by_log_loss);
        let mut is_judged = vec![false; samples.len()];
        known.iter().for_each(|&row| is_judged[row] = true);
        Ok(CrossValidated {
            layer: Self::fit(samples, strength)?,
            held_out,
            judged: is_judged,
            trials,
        })
    }

    /// `[windows, features]` to `[windows, labels]`.
    pub(crate) fn logits(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        x.dot(&self.weights) + &self.bias
    }
}

/// One fold: what a layer learns from, and the rows that it is judged by.
struct Part {
    learned: Samples,
    held: Samples,
    /// Rows of `held`.
    rows: Vec<usize>,
    /// Those of them whose label is among the learned ones.
    known: Vec<usize>,
}

impl Part {
    fn all(samples: &Samples, fold_of: &[usize]) -> Vec<Self> {
        let folds = fold_of.iter().max().map_or(0, |most| most + 1);
        let part = |fold: usize| {
            let (rows, others): (Vec<usize>, Vec<usize>) =
                (0..samples.len()).partition(|&row| fold_of[row] == fold);
            let learned = samples.rows(&others);
            let known = rows.iter().copied();
            Self {
                known: known
                    .filter(|&row| learned.labels.contains(&samples.labels[row]))
                    .collect(),
                held: samples.rows(&rows),
                learned,
                rows,
            }
        };
        (0..folds).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW_CLIPS_STRENGTH, LastLayer, STRENGTHS};
    use crate::classic::samples::Samples;
    use ndarray::Array2;
    use needledrop_judging::metrics::argmax;

    const FEATURES: usize = 6;

    /// Groups of windows around a corner of the cube for each label, the groups a little apart.
    fn samples(labels: usize, groups_each: &[usize], windows: usize) -> Samples {
        let mut noise = 1_u32;
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(noise >> 8) / f64::from(1 << 24) - 0.5
        };
        let (mut x, mut of, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        let mut group = 0;
        for (label, &each) in groups_each.iter().enumerate() {
            for _ in 0..each {
                let apart: Vec<f64> = (0..FEATURES).map(|_| next()).collect();
                for _ in 0..windows {
                    for (feature, apart) in apart.iter().enumerate() {
                        let corner = f64::from(u8::from(feature == label));
                        x.push(3.0 * corner + apart + next());
                    }
                    of.push(label);
                    groups.push(group);
                }
                group += 1;
            }
        }
        let x = Array2::from_shape_vec((of.len(), FEATURES), x).unwrap();
        Samples::new(x, of, groups, labels)
    }

    fn right(logits: &Array2<f64>, samples: &Samples) -> usize {
        let rows = logits.rows().into_iter().zip(&samples.labels);
        rows.filter(|(row, label)| argmax(&row.to_vec()) == **label)
            .count()
    }

    #[test]
    fn held_out_windows_are_known_where_their_label_has_other_groups() {
        let samples = samples(4, &[6, 6, 3, 0], 5);
        let fitted = LastLayer::cross_validate(&samples, 1).unwrap();
        assert_eq!(fitted.trials.len(), STRENGTHS.len());
        assert!(fitted.judged.iter().all(|&it| it));
        let windows = samples.len();
        assert!(right(&fitted.held_out, &samples) * 100 >= 95 * windows);
        let logits = fitted.layer.logits(samples.x.view());
        assert!(right(&logits, &samples) * 100 >= 95 * windows);
        // A label without windows is never the answer.
        for row in logits.rows() {
            assert!(row[3] < row[0].max(row[1]).max(row[2]) - 19.0);
        }
    }

    #[test]
    fn with_one_clip_a_label_nothing_is_judged_and_something_is_learned() {
        let samples = samples(3, &[1, 1, 1], 4);
        let fitted = LastLayer::cross_validate(&samples, 1).unwrap();
        assert_eq!(fitted.trials.len(), 1);
        assert!(!fitted.judged.contains(&true));
        assert_eq!(fitted.trials[0].setting, [("l2", FEW_CLIPS_STRENGTH)]);
        assert_eq!(
            right(&fitted.held_out, &samples),
            0,
            "no layer knew the label"
        );
        assert_eq!(right(&fitted.layer.logits(samples.x.view()), &samples), 12);
    }

    #[test]
    fn standardising_is_part_of_the_layer() {
        let near = samples(2, &[4, 4], 3);
        let mut far = near.clone();
        far.x.mapv_inplace(|v| 1000.0 * v - 70.0);
        let [near, far] = [near, far].map(|samples| {
            let fitted = LastLayer::cross_validate(&samples, 1).unwrap();
            fitted.layer.logits(samples.x.view())
        });
        assert!(near.iter().zip(&far).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
