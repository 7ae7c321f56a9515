//! What a person sees of a run: a bar on a terminal, one line an epoch elsewhere. All of it goes to stderr.

use crate::run::EpochRow;
use indicatif::{ProgressBar, ProgressStyle};
use needledrop_data::progress::say;
use std::io::IsTerminal;
use std::time::Duration;

/// Shows a run.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar when stderr is a terminal, lines otherwise.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::no_length().with_style(style)
        });
        Self { bar }
    }

    /// Nothing is shown.
    pub fn hidden() -> Self {
        Self {
            bar: Some(ProgressBar::hidden()),
        }
    }

    /// A line above the bar.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => say(line),
        }
    }

    pub(crate) fn epoch(&self, epoch: usize, epochs: usize, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(steps as u64);
            bar.set_prefix(format!("epoch {epoch}/{epochs}"));
        }
    }

    /// A step, and the newest loss that is known.
    pub(crate) fn step(&self, loss: Option<f32>) {
        if let Some(bar) = &self.bar {
            if let Some(loss) = loss {
                bar.set_message(format!("loss {loss:.3}"));
            }
            bar.inc(1);
        }
    }

    pub(crate) fn epoch_done(&self, row: &EpochRow, epochs: usize, is_best: bool, took: Duration) {
        let EpochRow {
            epoch,
            train_loss,
            valid_log_loss,
            valid_accuracy,
            valid_macro_f1,
            ..
        } = row;
        let best = if is_best { "  best so far" } else { "" };
        self.say(&format!(
            "epoch {epoch:>3}/{epochs}  train loss {train_loss:.3}  valid log-loss {valid_log_loss:.3}  accuracy \
             {valid_accuracy:.3}  macro-F1 {valid_macro_f1:.3}  {:.1} s{best}",
            took.as_secs_f64()
        ));
    }

    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
