//! What a classifier's answers are worth: accuracy, macro-F1, log-loss, calibration error, confusion.
//!
//! Every figure is computed here and nowhere else, from probabilities and true labels. Windows are what a network answers;
//! [`Levels`] makes segments and clips of them.

use needledrop_bundle::NO_MUSIC;
use serde::Serialize;

mod calibration;
mod classes;
mod levels;
mod pool;

pub use calibration::{Bin, CALIBRATION_BINS};
pub use classes::{ClassFigures, VoteSummary, f1, macro_f1};
pub use levels::{Figures, Levels, Segments};
pub use pool::{majority, mean_probabilities};

/// A probability counts as no less than this in the log-loss, so that one certain error leaves it finite.
const LEAST_PROBABILITY: f64 = 1e-12;

/// Index of the largest value; the first of equals.
///
/// ```
/// assert_eq!(needledrop_judging::metrics::argmax(&[0.1, 0.7, 0.7]), 1);
/// ```
pub fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

/// Answers of a classifier beside the truth.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    classes: usize,
    truth: Vec<usize>,
    probabilities: Vec<f64>,
}

/// Figures of a set of answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Answers.
    pub n: usize,
    /// Share of answers whose most probable class is the true one.
    pub accuracy: f64,
    /// Mean of the F1 of every class that was there or was said.
    pub macro_f1: f64,
    /// Mean of -ln(probability of the true class).
    pub log_loss: f64,
    /// Expected calibration error of the most probable class: 15 bins of equal width.
    pub ece: f64,
    /// Macro-F1 over the genres alone: answers and truths `no-music` count as misses and false tags, not as a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre_macro_f1: Option<f64>,
    /// Share of `no-music` that was called so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_music_recall: Option<f64>,
    /// Share of `no-music` that got a genre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_tag_rate: Option<f64>,
    /// Each class, in the order of the labels.
    pub classes: Vec<ClassFigures>,
}

impl Answers {
    /// None yet, for so many classes.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            ..Self::default()
        }
    }

    /// Adds one answer.
    ///
    /// # Panics
    /// When there are not as many probabilities as classes, or the truth is no class.
    pub fn push(&mut self, truth: usize, probabilities: &[f64]) {
        assert!(
            probabilities.len() == self.classes && truth < self.classes,
            "an answer has one probability a class"
        );
        self.truth.push(truth);
        self.probabilities.extend_from_slice(probabilities);
    }

    /// Answers so far.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// Truth and probabilities of each.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.truth
            .iter()
            .copied()
            .zip(self.probabilities.chunks_exact(self.classes.max(1)))
    }

    /// Counts by truth (rows) and answer (columns).
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; self.classes]; self.classes];
        for (truth, probabilities) in self.rows() {
            counts[truth][argmax(probabilities)] += 1;
        }
        counts
    }

    /// Mean of -ln(probability of the true class); NaN when there is no answer.
    pub fn log_loss(&self) -> f64 {
        let sum: f64 = self
            .rows()
            .map(|(truth, row)| -row[truth].max(LEAST_PROBABILITY).ln())
            .sum();
        // -ln(1) is -0; a loss has no sign.
        sum / self.len() as f64 + 0.0
    }

    /// All figures; `labels` says whether there is a class `no-music`.
    pub fn summary(&self, labels: &[String]) -> Summary {
        let confusion = self.confusion();
        let right: u64 = (0..self.classes).map(|class| confusion[class][class]).sum();
        let no_music = labels.iter().position(|label| label == NO_MUSIC);
        let genres: Vec<usize> = (0..self.classes)
            .filter(|class| Some(*class) != no_music)
            .collect();
        let silent: Option<(u64, u64)> = no_music
            .map(|class| (confusion[class][class], confusion[class].iter().sum()))
            .filter(|(_, all)| *all > 0);
        Summary {
            n: self.len(),
            accuracy: right as f64 / self.len() as f64,
            macro_f1: macro_f1(&confusion, &(0..self.classes).collect::<Vec<_>>()),
            log_loss: self.log_loss(),
            ece: self.calibration_error(),
            genre_macro_f1: no_music.map(|_| macro_f1(&confusion, &genres)),
            no_music_recall: silent.map(|(right, all)| right as f64 / all as f64),
            false_tag_rate: silent.map(|(right, all)| (all - right) as f64 / all as f64),
            classes: ClassFigures::of(&confusion, labels),
        }
    }
}

/// Softmax of logits in f64.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits
        .iter()
        .map(|&logit| f64::from(logit - top).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::{Answers, argmax, softmax};

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Three classes, the last `no-music`; worked by hand.
    fn answers() -> Answers {
        let mut answers = Answers::new(3);
        answers.push(0, &[0.8, 0.1, 0.1]);
        answers.push(0, &[0.3, 0.6, 0.1]);
        answers.push(1, &[0.2, 0.7, 0.1]);
        answers.push(2, &[0.1, 0.0, 0.9]);
        answers.push(2, &[0.5, 0.1, 0.4]);
        answers
    }

    #[test]
    fn confusion_has_truth_in_rows() {
        assert_eq!(
            answers().confusion(),
            vec![vec![1, 1, 0], vec![0, 1, 0], vec![1, 0, 1]]
        );
    }

    #[test]
    fn summary_by_hand() {
        let summary = answers().summary(&labels(&["a", "b", "no-music"]));
        assert_eq!(summary.n, 5);
        assert!((summary.accuracy - 0.6).abs() < 1e-12);
        // F1: a 2*1/(2+2), b 2*1/(1+2), no-music 2*1/(2+1).
        assert!((summary.macro_f1 - (0.5 + 2.0 / 3.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
        assert!((summary.genre_macro_f1.unwrap() - (0.5 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(
            (summary.no_music_recall, summary.false_tag_rate),
            (Some(0.5), Some(0.5))
        );
        let log_loss =
            -(0.8_f64.ln() + 0.3_f64.ln() + 0.7_f64.ln() + 0.9_f64.ln() + 0.4_f64.ln()) / 5.0;
        assert!((summary.log_loss - log_loss).abs() < 1e-12);
        // Every answer is alone in its bin: |0.8-1| + |0.6-0| + |0.7-1| + |0.9-1| + |0.5-0|.
        assert!((summary.ece - 1.7 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn without_no_music_its_figures_are_absent() {
        let summary = answers().summary(&labels(&["a", "b", "c"]));
        assert_eq!(
            (summary.genre_macro_f1, summary.no_music_recall),
            (None, None)
        );
    }

    #[test]
    fn a_certain_error_leaves_the_log_loss_finite() {
        let mut answers = Answers::new(2);
        answers.push(1, &[1.0, 0.0]);
        assert!(answers.log_loss().is_finite());
    }

    #[test]
    fn no_loss_at_all_has_no_sign() {
        let mut answers = Answers::new(2);
        answers.push(0, &[1.0, 0.0]);
        assert_eq!(answers.log_loss().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn softmax_survives_large_logits() {
        let probabilities = softmax(&[1000.0, 1000.0, 0.0]);
        assert!((probabilities[0] - 0.5).abs() < 1e-12 && probabilities[2] == 0.0);
        assert_eq!(argmax(&probabilities), 0);
    }
}
