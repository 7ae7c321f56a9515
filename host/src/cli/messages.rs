//! What several commands say: a summary, what was left out of a data set, what to do next.

use super::exit::print_line;
use needledrop_bundle::Origin;
use needledrop_data::Losses;
use needledrop_data::progress::say;
use serde::Serialize;
use std::fmt::Display;
use std::path::Path;

/// A summary for a person, and for a program if asked for.
pub(super) fn report<S: Display + Serialize>(summary: &S, json: bool) -> anyhow::Result<()> {
    say(summary);
    if json {
        print_json(summary)?;
    }
    Ok(())
}

/// One JSON value on a line of stdout.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print_line(&serde_json::to_string(value)?)
}

/// What reading a data set had to leave out.
pub(super) fn warn_of_losses(losses: &Losses, dir: &Path) {
    if !losses.is_empty() {
        say(format!(
            "warning: {}: {losses}; prepare it again",
            dir.display()
        ));
    }
}

/// What to do with a finished run.
pub(super) fn next_step(run: &Path, origin: &Origin) -> String {
    let run = run.display();
    match origin {
        Origin::Frontend(_) => format!("pack it for the board: tools/export {run} --name NAME"),
        Origin::External(_) => format!(
            "no board computes imported features; pack it for study: tools/export {run} --name NAME --allow-external"
        ),
    }
}
