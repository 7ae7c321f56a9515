//! Progress on stderr: a bar with rate and remaining time on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Least time between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Progress of one step of known length; may be shared between threads.
pub struct Progress {
    what: String,
    unit: &'static str,
    bar: Option<ProgressBar>,
    plain: Mutex<Plain>,
    total: u64,
    started: Instant,
}

struct Plain {
    done: u64,
    last_line: Instant,
}

impl Progress {
    /// For `total` things called `unit`.
    pub fn new(what: impl Into<String>, unit: &'static str, total: u64) -> Self {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total).with_message(what.clone());
            let template = "{msg} {wide_bar} {pos}/{len} {per_sec} {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        let started = Instant::now();
        Self {
            what,
            unit,
            bar,
            plain: Mutex::new(Plain {
                done: 0,
                last_line: started,
            }),
            total,
            started,
        }
    }

    /// Counts `amount` more.
    pub fn advance(&self, amount: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(amount);
            return;
        }
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        plain.done += amount;
        if plain.last_line.elapsed() < PLAIN_INTERVAL || plain.done >= self.total {
            return;
        }
        plain.last_line = Instant::now();
        let rate = plain.done as f64 / self.started.elapsed().as_secs_f64();
        let left_s = (self.total - plain.done) as f64 / rate;
        say(format_args!(
            "{}: {} of {} {} ({rate:.1}/s, {left_s:.0} s left)",
            self.what, plain.done, self.total, self.unit
        ));
    }

    /// Prints a line without spoiling the bar.
    pub fn say(&self, line: impl Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }

    /// Ends the bar, or prints the closing line.
    pub fn finish(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let rate = self.total as f64 / seconds.max(1e-3);
        say(format_args!(
            "{}: {} {} in {seconds:.1} s ({rate:.1}/s)",
            self.what, self.total, self.unit
        ));
    }
}

/// Prints a line for a person; a closed stderr is no reason to stop.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
