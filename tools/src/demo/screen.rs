//! What a person sees: lines that stay, and on a terminal one line below them that lives while something runs.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::monitor::print::print;
use crate::monitor::words::printable;

/// How often the living line moves, so that silence is not taken for death.
const TICK: Duration = Duration::from_millis(200);

/// The lines.
pub(super) struct Screen {
    living: ProgressBar,
}

impl Screen {
    /// Lives when stderr is a terminal.
    pub(super) fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let living = ProgressBar::new_spinner();
        // Cut to the width of the terminal.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            living.set_style(style);
        }
        living.enable_steady_tick(TICK);
        Self { living }
    }

    /// Without a living line.
    pub(super) fn hidden() -> Self {
        Self {
            living: ProgressBar::hidden(),
        }
    }

    /// What happens now, until something else does.
    pub(super) fn live(&self, text: &str) {
        self.living.set_message(printable(text));
    }

    /// A line of talk, for stderr; that nobody reads it is no reason to stop.
    pub(super) fn say(&self, line: &str) {
        self.living
            .suspend(|| drop(writeln!(io::stderr(), "{line}")));
    }

    /// A line of the result, for stdout.
    ///
    /// # Errors
    /// Those of stdout.
    pub(super) fn print(&self, line: &str) -> Result<()> {
        self.living.suspend(|| print(&mut io::stdout(), line))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.living.finish_and_clear();
    }
}
