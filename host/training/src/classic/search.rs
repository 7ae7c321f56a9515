//! Trying settings and keeping one: the rows of a classic model's `curves.csv`.

use super::samples::Samples;
use ndarray::Array2;
use needledrop_judging::metrics::{Answers, softmax};
use std::cmp::Ordering;

/// One setting with what it reached on windows it was not fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Names and values.
    pub setting: Vec<(&'static str, f64)>,
    /// Log-loss of the logits' softmax.
    pub log_loss: f64,
    /// Accuracy.
    pub accuracy: f64,
    /// Macro-F1.
    pub macro_f1: f64,
    /// Whether the model has it.
    pub chosen: bool,
}

impl Trial {
    /// From logits of windows with known labels.
    pub(super) fn of(
        setting: &[(&'static str, f64)],
        logits: &Array2<f64>,
        truth: &Samples,
    ) -> Self {
        let mut answers = Answers::new(truth.classes);
        for (row, &label) in logits.rows().into_iter().zip(&truth.labels) {
            let row: Vec<f32> = row.iter().map(|&v| v as f32).collect();
            answers.push(label, &softmax(&row));
        }
        let names: Vec<String> = (0..truth.classes).map(|class| class.to_string()).collect();
        let summary = answers.summary(&names);
        Self {
            setting: setting.to_vec(),
            log_loss: summary.log_loss,
            accuracy: summary.accuracy,
            macro_f1: summary.macro_f1,
            chosen: false,
        }
    }
}

/// Keeps the first of the best, whose trial is marked.
///
/// # Panics
/// When nothing was tried.
pub(super) fn best<T>(
    tried: Vec<(T, Trial)>,
    order: fn(&Trial, &Trial) -> Ordering,
) -> (T, Vec<Trial>) {
    let (models, mut trials): (Vec<T>, Vec<Trial>) = tried.into_iter().unzip();
    let mut at = 0;
    for (index, trial) in trials.iter().enumerate() {
        if order(trial, &trials[at]) == Ordering::Greater {
            at = index;
        }
    }
    trials[at].chosen = true;
    #[expect(
        clippy::expect_used,
        reason = "the index is of a trial, and each has its model"
    )]
    let model = models
        .into_iter()
        .nth(at)
        .expect("as many models as trials");
    (model, trials)
}

/// The lower log-loss is greater; what is no number is least.
pub(super) fn by_log_loss(a: &Trial, b: &Trial) -> Ordering {
    let rank = |trial: &Trial| match trial.log_loss {
        loss if loss.is_nan() => f64::NEG_INFINITY,
        loss => -loss,
    };
    rank(a).total_cmp(&rank(b))
}

/// The higher accuracy is greater, then the lower log-loss.
pub(super) fn by_accuracy(a: &Trial, b: &Trial) -> Ordering {
    by_accuracy_alone(a, b).then_with(|| by_log_loss(a, b))
}

/// The higher accuracy is greater.
pub(super) fn by_accuracy_alone(a: &Trial, b: &Trial) -> Ordering {
    a.accuracy.total_cmp(&b.accuracy)
}

#[cfg(test)]
mod tests {
    use super::{Trial, best, by_accuracy, by_log_loss};

    fn trial(accuracy: f64, log_loss: f64) -> Trial {
        Trial {
            setting: Vec::new(),
            log_loss,
            accuracy,
            macro_f1: 0.0,
            chosen: false,
        }
    }

    #[test]
    fn the_first_of_the_best_is_kept_and_marked() {
        let tried = [(0.4, 2.0), (0.6, 1.5), (0.6, 1.2), (0.6, 1.2), (0.1, 1.0)];
        let tried = |_: ()| -> Vec<(usize, Trial)> {
            let trials = tried
                .into_iter()
                .map(|(accuracy, loss)| trial(accuracy, loss));
            trials.enumerate().collect()
        };
        let (model, trials) = best(tried(()), by_accuracy);
        assert_eq!(model, 2);
        assert!(trials[2].chosen && trials.iter().filter(|trial| trial.chosen).count() == 1);
        assert_eq!(best(tried(()), by_log_loss).0, 4);
    }

    #[test]
    fn what_is_no_number_is_never_chosen() {
        let tried = vec![(0, trial(0.5, f64::NAN)), (1, trial(0.5, 9.0))];
        assert_eq!(best(tried, by_log_loss).0, 1);
    }
}
