//! Figures of each class, from counts by truth (rows) and answer (columns).

use needledrop_bundle::NO_MUSIC;
use serde::Serialize;

/// How one class fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Its label.
    pub label: String,
    /// Share of the answers with this class that are right; none when it was never said.
    pub precision: Option<f64>,
    /// Share of this class that was said to be so; none when it was never there.
    pub recall: Option<f64>,
    /// Harmonic mean of both: 2 * right / (there + said); none when it was neither there nor said.
    pub f1: Option<f64>,
    /// How often it was there.
    pub support: u64,
}

impl ClassFigures {
    /// Of every class, in the order of `labels`.
    pub fn of(confusion: &[Vec<u64>], labels: &[String]) -> Vec<Self> {
        let of_class = |(class, label): (usize, &String)| {
            let (right, there, said) = counts(confusion, class);
            let share = |of: u64| (of > 0).then(|| right as f64 / of as f64);
            Self {
                label: label.clone(),
                precision: share(said),
                recall: share(there),
                f1: f1(confusion, class),
                support: there,
            }
        };
        labels.iter().enumerate().map(of_class).collect()
    }
}

/// Figures of answers that have no probabilities, as votes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VoteSummary {
    /// Answers.
    pub n: u64,
    /// Share that is right.
    pub accuracy: f64,
    /// Mean of the F1 of every class that was there or was said.
    pub macro_f1: f64,
    /// The same over the genres alone, where there is a class `no-music`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre_macro_f1: Option<f64>,
    /// Each class, in the order of the labels.
    pub classes: Vec<ClassFigures>,
}

impl VoteSummary {
    /// From counts.
    pub fn of(confusion: &[Vec<u64>], labels: &[String]) -> Self {
        let n: u64 = confusion.iter().flatten().sum();
        let right: u64 = (0..confusion.len())
            .map(|class| confusion[class][class])
            .sum();
        Self {
            n,
            accuracy: right as f64 / n as f64,
            macro_f1: macro_f1(confusion, &(0..confusion.len()).collect::<Vec<_>>()),
            genre_macro_f1: genre_macro_f1(confusion, labels),
            classes: ClassFigures::of(confusion, labels),
        }
    }
}

/// Right answers with a class, how often it was there, how often it was said.
fn counts(confusion: &[Vec<u64>], class: usize) -> (u64, u64, u64) {
    let there = confusion[class].iter().sum();
    let said = confusion.iter().map(|row| row[class]).sum();
    (confusion[class][class], there, said)
}

/// Mean F1 over the genres alone, where there is a class `no-music`.
fn genre_macro_f1(confusion: &[Vec<u64>], labels: &[String]) -> Option<f64> {
    let no_music = labels.iter().position(|label| label == NO_MUSIC)?;
    let genres: Vec<usize> = (0..confusion.len())
        .filter(|&class| class != no_music)
        .collect();
    Some(macro_f1(confusion, &genres))
}

/// Mean F1 over those of `classes` that were there or were said; 0 when there are none.
fn macro_f1(confusion: &[Vec<u64>], classes: &[usize]) -> f64 {
    let scores: Vec<f64> = classes
        .iter()
        .filter_map(|&class| f1(confusion, class))
        .collect();
    if scores.is_empty() {
        0.0
    } else {
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

/// F1 of a class: 2 * right / (there + said); none when it was neither there nor said.
fn f1(confusion: &[Vec<u64>], class: usize) -> Option<f64> {
    let (right, there, said) = counts(confusion, class);
    (there + said > 0).then(|| 2.0 * right as f64 / (there + said) as f64)
}

#[cfg(test)]
mod tests {
    use super::{ClassFigures, VoteSummary, f1, macro_f1};

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_absent_class_is_no_zero_in_the_mean() {
        let confusion = vec![vec![3, 0, 0], vec![0, 2, 0], vec![0, 0, 0]];
        assert_eq!(f1(&confusion, 2), None);
        assert!((macro_f1(&confusion, &[0, 1, 2]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn figures_of_a_class_by_hand() {
        // a: there 4, said 3, right 3. b: there 2, said 3, right 2. c: there 1, never said.
        let confusion = vec![vec![3, 1, 0], vec![0, 2, 0], vec![0, 0, 0]];
        let figures = ClassFigures::of(&confusion, &labels(&["a", "b", "c"]));
        assert_eq!(
            (figures[0].precision, figures[0].recall),
            (Some(1.0), Some(0.75))
        );
        assert_eq!(figures[1].precision, Some(2.0 / 3.0));
        assert_eq!(figures[1].recall, Some(1.0));
        assert!((figures[1].f1.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!(
            (figures[2].precision, figures[2].recall, figures[2].f1),
            (None, None, None)
        );
        let support: Vec<u64> = figures.iter().map(|figures| figures.support).collect();
        assert_eq!(support, [4, 2, 0]);
    }

    #[test]
    fn a_class_that_is_missed_altogether_has_recall_zero_and_no_precision() {
        let figures = ClassFigures::of(&[vec![2, 0], vec![1, 0]], &labels(&["a", "b"]));
        assert_eq!(
            (figures[1].precision, figures[1].recall, figures[1].f1),
            (None, Some(0.0), Some(0.0))
        );
    }

    #[test]
    fn votes_are_summed_up_with_and_without_no_music() {
        let confusion = vec![vec![2, 0], vec![1, 1]];
        let summary = VoteSummary::of(&confusion, &labels(&["a", "no-music"]));
        assert_eq!((summary.n, summary.accuracy), (4, 0.75));
        assert!((summary.macro_f1 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert!((summary.genre_macro_f1.unwrap() - 0.8).abs() < 1e-12);
        let plain = VoteSummary::of(&confusion, &labels(&["a", "b"]));
        assert_eq!(plain.genre_macro_f1, None);
    }
}
