//! Answers of an ensemble and its members on validation windows: logits and figures of them.

use super::answers::{logits, mean};
use crate::run::{ClipRow, ValidFrom};
use needledrop_judging::metrics::{Answers, Figures, Levels, Segments, Summary};

/// Answers on windows.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// Where they come from.
    pub(super) from: ValidFrom,
    /// Windows, those of a clip together.
    pub(super) windows: Vec<JudgedWindow>,
    /// Windows whose members' answers are missing.
    pub(super) left_out: usize,
}

/// Answers on one window.
#[derive(Clone, Debug)]
pub(super) struct JudgedWindow {
    /// Its clip.
    pub(super) of: ClipRow,
    /// Each member's probabilities.
    pub(super) members: Vec<Vec<f64>>,
}

impl Judged {
    /// The ensemble's logits, `[windows, classes]`.
    pub(super) fn logits(&self) -> Vec<f32> {
        let windows = self.windows.iter();
        windows.flat_map(|window| logits(&window.members)).collect()
    }

    /// Figures of the ensemble at every level; `hop_seconds` is the time between windows, where it is known and all are
    /// there.
    pub(super) fn figures(&self, labels: &[String], hop_seconds: Option<f64>) -> Figures {
        let mut levels = Levels::new(labels.len(), Segments::default(), hop_seconds);
        for windows in self.windows.chunk_by(|a, b| a.of == b.of) {
            let Some(truth) = windows[0].of.label(labels) else {
                continue;
            };
            let answers: Vec<f64> = windows
                .iter()
                .flat_map(|window| mean(window.members.iter().cloned()))
                .collect();
            levels.push(truth, &answers);
        }
        levels.figures(labels)
    }

    /// Figures of one member by itself, by the ensemble's windows.
    pub(super) fn figures_of(&self, member: usize, labels: &[String]) -> Summary {
        let mut answers = Answers::new(labels.len());
        for window in &self.windows {
            if let Some(truth) = window.of.label(labels) {
                answers.push(truth, &window.members[member]);
            }
        }
        answers.summary(labels)
    }
}
