//! A classic model, whole: from the window's statistics `[windows, features]` to logits of all labels, here and as a
//! graph.

use super::classifier::Classifier;
use super::error::Error;
use super::gnb::{self, Gnb};
use super::graph;
use super::kind::Kind;
use super::knn::Knn;
use super::logreg::{self, LogReg};
use super::preparation::{LeastDeviation, Preparation};
use super::samples::Samples;
use super::search::Trial;
use super::statistics;
use super::svm::Svm;
use ndarray::{Array2, ArrayView2};
use needledrop_networks::onnx::graph::{Graph, Value};
use needledrop_networks::onnx::input::prepared_input;
use needledrop_networks::{Input, Preset};

/// How far the logit of a label without training windows is below the least of the others.
const UNSEEN_BELOW: f64 = 20.0;

/// A fitted model.
pub(crate) struct Model {
    kind: Kind,
    preparation: Preparation,
    classifier: Box<dyn Classifier>,
    /// Labels that have a classifier, in the order of its classes.
    seen: Vec<usize>,
    labels: usize,
    /// What was tried.
    pub(crate) trials: Vec<Trial>,
}

/// What a model is fitted to.
pub(crate) struct Task {
    pub(crate) kind: Kind,
    pub(crate) preset: Preset,
    /// Principal components kept.
    pub(crate) pca: Option<usize>,
    /// Which features carry nothing.
    pub(crate) least_deviation: LeastDeviation,
    pub(crate) seed: u64,
    /// Labels in all.
    pub(crate) labels: usize,
    /// Statistics and labels to learn from.
    pub(crate) train: Samples,
    /// Statistics and labels to choose by.
    pub(crate) valid: Samples,
}

impl Model {
    /// Fits a model; its settings are chosen as its kind has it.
    ///
    /// # Errors
    /// Every [`Error`] but [`Error::OneFrame`].
    pub(crate) fn fit(task: Task) -> Result<Self, Error> {
        let Task {
            kind,
            preset,
            pca,
            least_deviation,
            seed,
            labels,
            train,
            valid,
        } = task;
        let mut seen = train.labels.clone();
        seen.sort_unstable();
        seen.dedup();
        let preparation = Preparation::fit(train.x.view(), least_deviation, pca)?;
        let prepared = |samples: Samples| samples.prepared(&preparation, &seen);
        let (train, valid) = (prepared(train), prepared(valid));
        let choose = preset == Preset::Best;
        let (classifier, trials): (Box<dyn Classifier>, Vec<Trial>) = match kind {
            Kind::LogReg if choose => boxed(LogReg::search(&train, &valid)?),
            Kind::LogReg => boxed((LogReg::fit(&train, logreg::DEFAULT_STRENGTH)?, Vec::new())),
            Kind::Knn => boxed(Knn::search(&train, &valid)?),
            Kind::Gnb if choose => boxed(Gnb::search(&train, &valid)),
            Kind::Gnb => boxed((Gnb::fit(&train, gnb::PLAIN), Vec::new())),
            Kind::Svm => boxed(Svm::search(&train, seed)),
        };
        Ok(Self {
            kind,
            preparation,
            classifier,
            seen,
            labels,
            trials,
        })
    }

    /// Logits of all labels, from statistics.
    pub(crate) fn logits(&self, statistics: ArrayView2<'_, f64>) -> Array2<f64> {
        let of_seen = self
            .classifier
            .logits(self.preparation.apply(statistics).view());
        if self.seen.len() == self.labels {
            return of_seen;
        }
        let mut out = Array2::zeros((of_seen.nrows(), self.labels));
        for (of_seen, mut out) in of_seen.rows().into_iter().zip(out.rows_mut()) {
            out.fill(of_seen.fold(f64::INFINITY, |least, &v| least.min(v)) - UNSEEN_BELOW);
            for (&label, &logit) in self.seen.iter().zip(of_seen) {
                out[label] = logit;
            }
        }
        out
    }

    /// How far each window's answer is from another; see [`Classifier::margins`].
    pub(crate) fn margins(&self, statistics: ArrayView2<'_, f64>) -> Vec<f64> {
        self.classifier
            .margins(self.preparation.apply(statistics).view())
    }

    /// Numbers the graph holds.
    pub(crate) fn parameters(&self) -> u64 {
        self.preparation.parameters() + self.classifier.parameters()
    }

    /// The model on statistics `[N, features]`.
    fn write_features(&self, graph: &mut Graph, x: &Value) -> Value {
        let x = graph::prepared(graph, x, &self.preparation);
        if self.seen.len() == self.labels {
            return self.classifier.write(graph, &x, "logits");
        }
        let of_seen = self.classifier.write(graph, &x, "logits.seen");
        let least = graph.reduce_kept("ReduceMin", "logits.least", &of_seen, 1);
        let below = graph.scalar("unseen.below", UNSEEN_BELOW as f32);
        let unseen = graph.binary("Sub", "logits.unseen", &least, &below);
        let all = graph.concat("logits.unordered", &[&of_seen, &unseen], 1);
        let order: Vec<i64> = (0..self.labels)
            .map(|label| {
                self.seen
                    .iter()
                    .position(|&s| s == label)
                    .unwrap_or(self.seen.len()) as i64
            })
            .collect();
        graph.gather("logits", &all, 1, &[order.len()], &order)
    }

    /// One of the largest there can be, without content: for listing what it costs.
    pub(crate) fn largest(kind: Kind, bands: usize, labels: usize) -> Self {
        let features = statistics::count(bands);
        let rows = kind.most_windows();
        let blank = |rows: usize| Samples {
            x: Array2::zeros((rows, features)),
            labels: (0..rows).map(|row| row % labels).collect(),
            groups: (0..rows).collect(),
            classes: labels,
        };
        let classifier: Box<dyn Classifier> = match kind {
            Kind::LogReg => Box::new(LogReg::blank(features, labels)),
            Kind::Gnb => Box::new(Gnb::fit(&blank(labels), gnb::PLAIN)),
            Kind::Knn => Box::new(Knn::fit(&blank(rows), 1)),
            Kind::Svm => Box::new(Svm::blank(rows, features, labels)),
        };
        Self {
            kind,
            preparation: Preparation::blank(features),
            classifier,
            seen: (0..labels).collect(),
            labels,
            trials: Vec::new(),
        }
    }

    /// The graph for whole-clip features, from `x` f32 `[N, features]` to logits.
    pub(crate) fn features_to_onnx(&self, features: usize) -> Vec<u8> {
        let mut graph = Graph::new(self.kind.name());
        let x = graph.input_f32("x", &[features]);
        let logits = self.write_features(&mut graph, &x);
        graph.finish(&logits, self.labels)
    }

    /// The whole graph, from the frontend's output to logits.
    pub(crate) fn to_onnx(&self, input: &Input) -> Vec<u8> {
        let mut graph = Graph::new(self.kind.name());
        let x = prepared_input(&mut graph, input);
        let x = graph::statistics(&mut graph, &x, input.window);
        let logits = self.write_features(&mut graph, &x);
        graph.finish(&logits, self.labels)
    }
}

fn boxed<C: Classifier + 'static>(fitted: (C, Vec<Trial>)) -> (Box<dyn Classifier>, Vec<Trial>) {
    (Box::new(fitted.0), fitted.1)
}

#[cfg(test)]
mod tests {
    use super::{Kind, LeastDeviation, Model, Task};
    use crate::classic::samples::{Samples, statistics_of};
    use crate::places::places;
    use needledrop_bundle::Window;
    use needledrop_data::{Clip, Values};
    use needledrop_infer::Net;
    use needledrop_networks::{Input, Preset};

    const WINDOW: Window = Window {
        frames: 16,
        hop: 8,
        bands: 24,
    };

    /// Clips of two of three labels: tilted noise, so that a classifier has something to find; one is digital silence.
    fn clips() -> Vec<Clip> {
        (0..24)
            .map(|number: usize| {
                let label = if number.is_multiple_of(2) { 0 } else { 2 };
                let value = |at: usize| match number {
                    23 => -25_600,
                    _ => {
                        let noise = (at * (number + 3) * 7919) % 6000;
                        (noise + at % 24 * 120 * label) as i16 - 9000
                    }
                };
                Clip {
                    id: format!("{number:02}"),
                    label,
                    genre: ["a", "b", "c"][label].to_owned(),
                    rows: 40,
                    bands: WINDOW.bands,
                    values: Values::Memory((0..40 * WINDOW.bands).map(value).collect()),
                }
            })
            .collect()
    }

    fn samples(clips: &[Clip]) -> Samples {
        let places = places(clips, WINDOW);
        Samples {
            x: statistics_of(clips, &places, &Input::log_mel(WINDOW)).unwrap(),
            labels: places.iter().map(|place| clips[place.clip].label).collect(),
            groups: places.iter().map(|place| place.clip).collect(),
            classes: 3,
        }
    }

    fn fit(kind: Kind, pca: Option<usize>) -> Model {
        let clips = clips();
        let (valid, train) = clips.split_at(8);
        Model::fit(Task {
            kind,
            preset: Preset::Best,
            pca,
            least_deviation: LeastDeviation::STATISTICS,
            seed: 1,
            labels: 3,
            train: samples(train),
            valid: samples(valid),
        })
        .unwrap()
    }

    fn onnx(model: &Model) -> Vec<u8> {
        model.to_onnx(&Input::log_mel(WINDOW))
    }

    /// The rule of DESIGN.md for classic models, on windows that training did not see: the same logits to 1e-4, except
    /// where a vote hangs on rounding; and a label without windows is never the answer.
    #[test]
    fn the_file_gives_the_models_logits() {
        let clips = clips();
        let held_out = &clips[..8];
        let all = samples(held_out);
        for (kind, pca) in Kind::ALL
            .into_iter()
            .flat_map(|kind| [(kind, None), (kind, Some(5))])
        {
            let model = fit(kind, pca);
            let expected = model.logits(all.x.view());
            let margins = model.margins(all.x.view());
            let mut tract = Net::load(&onnx(&model), &WINDOW, 3).unwrap();
            let mut compared = 0;
            for ((place, expected), margin) in places(held_out, WINDOW)
                .iter()
                .zip(expected.rows())
                .zip(margins)
            {
                let first = place.first_row * WINDOW.bands;
                let x = held_out[place.clip].read().unwrap();
                let x = &x[first..first + WINDOW.values()];
                let mut actual = [0.0; 3];
                tract.logits(x, &mut actual).unwrap();
                let most = expected.iter().fold(1.0_f64, |most, v| most.max(v.abs()));
                if margin < 1e-4 {
                    continue;
                }
                compared += 1;
                for (a, e) in actual.iter().zip(expected) {
                    let difference = (f64::from(*a) - e).abs() / most;
                    assert!(difference < 1e-4, "{} {pca:?}: {a} {e}", kind.name());
                }
                assert!(actual[1] < actual[0].min(actual[2]) - 19.0);
            }
            assert!(
                compared >= 28,
                "{}: {compared} windows compared",
                kind.name()
            );
        }
    }

    #[test]
    fn the_same_windows_and_seed_give_the_same_file() {
        for kind in Kind::ALL {
            assert!(
                onnx(&fit(kind, Some(4))) == onnx(&fit(kind, Some(4))),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn a_tilt_is_told_apart() {
        let clips = clips();
        let held_out = samples(&clips[..8]);
        for kind in Kind::ALL {
            let logits = fit(kind, None).logits(held_out.x.view());
            let right = logits
                .rows()
                .into_iter()
                .zip(&held_out.labels)
                .filter(|(row, label)| {
                    needledrop_judging::metrics::argmax(&row.to_vec()) == **label
                })
                .count();
            assert!(right * 10 >= held_out.len() * 9, "{}: {right}", kind.name());
        }
    }
}
