//! Whether a classifier is as often right as it says.

use super::answers::Answers;
use needledrop_infer::argmax;

/// Bins of the calibration error and of a reliability diagram, of equal width.
pub const CALIBRATION_BINS: usize = 15;

/// Answers whose largest probability lies in one of [`CALIBRATION_BINS`] parts of 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Answers.
    pub n: u64,
    /// Sum of their largest probabilities.
    pub confidence: f64,
    /// How many of them are right.
    pub right: u64,
}

impl Bin {
    /// Mean of the largest probabilities; none without answers.
    pub fn mean_confidence(&self) -> Option<f64> {
        (self.n > 0).then(|| self.confidence / self.n as f64)
    }

    /// Share that is right; none without answers.
    pub fn accuracy(&self) -> Option<f64> {
        (self.n > 0).then(|| self.right as f64 / self.n as f64)
    }
}

impl Answers {
    /// Answers by their largest probability: bin `i` begins at `i / CALIBRATION_BINS`.
    pub fn reliability(&self) -> [Bin; CALIBRATION_BINS] {
        let mut bins = [Bin::default(); CALIBRATION_BINS];
        for (truth, row) in self.rows() {
            let said = argmax(row);
            let index = ((row[said] * CALIBRATION_BINS as f64) as usize).min(CALIBRATION_BINS - 1);
            let bin = &mut bins[index];
            bin.n += 1;
            bin.confidence += row[said];
            bin.right += u64::from(said == truth);
        }
        bins
    }

    /// Expected calibration error of the most probable class; NaN when there is no answer.
    ///
    /// # Source
    /// Guo et al., On Calibration of Modern Neural Networks, 2017, with 15 bins of equal width.
    pub fn calibration_error(&self) -> f64 {
        let bins = self.reliability();
        let gap: f64 = bins
            .iter()
            .map(|bin| (bin.confidence - bin.right as f64).abs())
            .sum();
        gap / self.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Answers, Bin, CALIBRATION_BINS};

    #[test]
    fn answers_of_one_bin_are_pooled() {
        let mut answers = Answers::new(2);
        answers.push(0, &[0.9, 0.1]);
        answers.push(1, &[0.9, 0.1]);
        assert!((answers.calibration_error() - 0.4).abs() < 1e-12);
        let bin = answers.reliability()[13];
        assert_eq!((bin.n, bin.right), (2, 1));
        assert!((bin.mean_confidence().unwrap() - 0.9).abs() < 1e-12);
        assert_eq!(bin.accuracy(), Some(0.5));
    }

    #[test]
    fn a_certain_answer_is_in_the_last_bin_and_an_empty_one_has_no_share() {
        let mut answers = Answers::new(2);
        answers.push(1, &[0.0, 1.0]);
        let bins = answers.reliability();
        assert_eq!(bins[CALIBRATION_BINS - 1].n, 1);
        assert_eq!(Bin::default().accuracy(), None);
        assert_eq!(Bin::default().mean_confidence(), None);
    }
}
