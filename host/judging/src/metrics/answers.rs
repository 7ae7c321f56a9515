//! Answers of a classifier beside the truth: truth and probabilities `[classes]` go in, counts and log-loss come out.

use needledrop_infer::argmax;

/// A probability counts as no less than this in the log-loss, so that one certain error leaves it finite.
const LEAST_PROBABILITY: f64 = 1e-12;

/// Answers of a classifier beside the truth.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    classes: usize,
    truth: Vec<usize>,
    probabilities: Vec<f64>,
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
}

#[cfg(test)]
pub(super) mod tests {
    use super::Answers;

    /// Three classes, the last `no-music`; worked by hand.
    pub(in crate::metrics) fn by_hand() -> Answers {
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
        assert_eq!(by_hand().confusion(), [[1, 1, 0], [0, 1, 0], [1, 0, 1]]);
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
}
