//! From windows, which a network answers, to segments and clips, by which the reference articles count.

use super::answers::Answers;
use super::classes::VoteSummary;
use super::pool::{majority, mean_probabilities};
use super::summary::Summary;
use serde::Serialize;

/// How clips are cut into segments that are judged on their own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Segments {
    /// At most so many, from the clip's start.
    pub count: usize,
    /// Seconds of each.
    pub seconds: f64,
}

impl Default for Segments {
    /// The articles': three times ten seconds of a clip of thirty.
    fn default() -> Self {
        Self {
            count: 3,
            seconds: 10.0,
        }
    }
}

impl Segments {
    /// The segment that a clip's window starts in, given the time between windows; none behind the last segment.
    ///
    /// Without a known time, as for imported matrices, all windows are of the first.
    fn of_window(&self, index: usize, hop_seconds: Option<f64>) -> Option<usize> {
        let start_seconds = index as f64 * hop_seconds.unwrap_or(0.0);
        // A start that is short of a boundary by rounding alone lies on it.
        let segment = (start_seconds / self.seconds + 1e-9) as usize;
        (segment < self.count).then_some(segment)
    }
}

/// Answers by window, segment and clip, all from the same windows.
#[derive(Clone, Debug)]
pub struct Levels {
    /// By clip: mean of its windows' probabilities.
    pub clips: Answers,
    /// By clip: counts by truth (rows) and what most windows say (columns).
    pub majority: Vec<Vec<u64>>,
    /// By segment: mean of the probabilities of the windows that start in it.
    pub segments: Answers,
    /// By window.
    pub windows: Answers,
    classes: usize,
    rule: Segments,
    hop_seconds: Option<f64>,
}

/// Figures at every level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// By clip: mean of its windows' probabilities.
    pub clips: Summary,
    /// By clip: what most windows say, of equals the larger mean.
    pub majority: VoteSummary,
    /// By segment.
    pub segments: Summary,
    /// By window.
    pub windows: Summary,
}

impl Levels {
    /// Without a clip yet.
    pub fn new(classes: usize, rule: Segments, hop_seconds: Option<f64>) -> Self {
        Self {
            clips: Answers::new(classes),
            majority: vec![vec![0; classes]; classes],
            segments: Answers::new(classes),
            windows: Answers::new(classes),
            classes,
            rule,
            hop_seconds,
        }
    }

    /// Adds a clip by the probabilities of its windows, `[windows, classes]`, in the order of time.
    ///
    /// # Panics
    /// When the truth is no class.
    pub fn push(&mut self, truth: usize, windows: &[f64]) {
        let classes = self.classes;
        self.clips
            .push(truth, &mean_probabilities(windows, classes));
        self.majority[truth][majority(windows, classes).0] += 1;
        let rows: Vec<(Option<usize>, &[f64])> = windows
            .chunks_exact(classes)
            .enumerate()
            .map(|(index, row)| (self.rule.of_window(index, self.hop_seconds), row))
            .collect();
        for segment in rows.chunk_by(|a, b| a.0 == b.0) {
            if segment[0].0.is_some() {
                let values: Vec<f64> = segment.iter().flat_map(|(_, row)| *row).copied().collect();
                self.segments
                    .push(truth, &mean_probabilities(&values, classes));
            }
        }
        for (_, row) in rows {
            self.windows.push(truth, row);
        }
    }

    /// All figures.
    pub fn figures(&self, labels: &[String]) -> Figures {
        Figures {
            clips: self.clips.summary(labels),
            majority: VoteSummary::of(&self.majority, labels),
            segments: self.segments.summary(labels),
            windows: self.windows.summary(labels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Levels, Segments};

    /// Probabilities of two classes, of the first one alone.
    fn windows(first: &[f64]) -> Vec<f64> {
        first.iter().flat_map(|&p| [p, 1.0 - p]).collect()
    }

    #[test]
    fn segments_average_the_windows_that_start_in_them() {
        // Every 4 s: starts 0, 4, 8 | 12, 16 | 20, 24, 28 | 32 is behind the last segment.
        let mut levels = Levels::new(2, Segments::default(), Some(4.0));
        levels.push(0, &windows(&[0.9, 0.9, 0.3, 0.2, 0.4, 0.6, 0.6, 0.9, 0.0]));
        assert_eq!(levels.windows.len(), 9);
        let means: Vec<f64> = levels.segments.rows().map(|(_, row)| row[0]).collect();
        assert_eq!(means.len(), 3);
        for (mean, expected) in means.iter().zip([0.7, 0.3, 0.7]) {
            assert!((mean - expected).abs() < 1e-12, "{means:?}");
        }
        assert_eq!(levels.segments.confusion(), [[2, 1], [0, 0]]);
    }

    #[test]
    fn a_boundary_that_rounding_misses_is_one() {
        let rule = Segments {
            count: 100,
            seconds: 0.3,
        };
        for index in 0..100 {
            assert_eq!(rule.of_window(3 * index, Some(0.1)), Some(index), "{index}");
        }
    }

    #[test]
    fn a_short_clip_and_one_of_unknown_length_are_one_segment() {
        let mut levels = Levels::new(2, Segments::default(), Some(1.5));
        levels.push(0, &windows(&[0.9, 0.9, 0.3, 0.2, 0.4]));
        assert_eq!(levels.segments.len(), 1);
        let mut imported = Levels::new(2, Segments::default(), None);
        imported.push(1, &windows(&[0.9; 40]));
        assert_eq!(imported.segments.len(), 1);
    }

    #[test]
    fn mean_and_majority_may_disagree() {
        let mut levels = Levels::new(2, Segments::default(), Some(1.0));
        levels.push(0, &windows(&[0.6, 0.6, 0.0]));
        let labels = ["a", "b"].map(str::to_owned);
        let figures = levels.figures(&labels);
        assert_eq!(
            (figures.clips.accuracy, figures.majority.accuracy),
            (0.0, 1.0)
        );
        assert_eq!(figures.majority.classes[0].recall, Some(1.0));
    }
}
