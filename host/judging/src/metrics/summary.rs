//! All figures of a set of answers, as one object for programs.

use super::answers::Answers;
use super::classes::{ClassFigures, VoteSummary};
use needledrop_bundle::NO_MUSIC;
use serde::Serialize;

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

/// Deviations of a normal distribution that 95 of 100 lie within.
const DEVIATIONS_OF_95_PERCENT: f64 = 1.96;

impl Summary {
    /// Where the accuracy of so many independent answers leaves the true one, 95 times in 100.
    ///
    /// # Source
    /// E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    pub fn accuracy_interval(&self) -> [f64; 2] {
        let (n, share) = (self.n as f64, self.accuracy);
        let squared = DEVIATIONS_OF_95_PERCENT.powi(2);
        let middle = share + squared / (2.0 * n);
        let half =
            DEVIATIONS_OF_95_PERCENT * ((share * (1.0 - share) + squared / (4.0 * n)) / n).sqrt();
        let scale = 1.0 + squared / n;
        [(middle - half) / scale, (middle + half) / scale]
    }
}

impl Answers {
    /// All figures; `labels` says whether there is a class `no-music`.
    pub fn summary(&self, labels: &[String]) -> Summary {
        let confusion = self.confusion();
        let VoteSummary {
            accuracy,
            macro_f1,
            genre_macro_f1,
            classes,
            ..
        } = VoteSummary::of(&confusion, labels);
        let no_music = labels.iter().position(|label| label == NO_MUSIC);
        let silent: Option<(u64, u64)> = no_music
            .map(|class| (confusion[class][class], confusion[class].iter().sum()))
            .filter(|(_, all)| *all > 0);
        Summary {
            n: self.len(),
            accuracy,
            macro_f1,
            log_loss: self.log_loss(),
            ece: self.calibration_error(),
            genre_macro_f1,
            no_music_recall: silent.map(|(right, all)| right as f64 / all as f64),
            false_tag_rate: silent.map(|(right, all)| (all - right) as f64 / all as f64),
            classes,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::answers::tests::by_hand;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn summary_by_hand() {
        let summary = by_hand().summary(&labels(&["a", "b", "no-music"]));
        assert_eq!(summary.n, 5);
        assert!((summary.accuracy - 0.6).abs() < 1e-12);
        let [low, high] = summary.accuracy_interval();
        assert!((low - 0.2307).abs() < 1e-4 && (high - 0.8824).abs() < 1e-4);
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
        let summary = by_hand().summary(&labels(&["a", "b", "c"]));
        assert_eq!(
            (summary.genre_macro_f1, summary.no_music_recall),
            (None, None)
        );
    }
}
