//! `needledrop data inspect`: arguments.

use crate::cli::{Outcome, print_line};
use crate::inspect::inspect;
use std::path::PathBuf;

/// Say what a data set holds: clips per genre and split, rates, lengths, damage, duplicates, leaks.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Data set made by `needledrop prepare`.
    dir: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it: problems are part of the answer, not errors.
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let report = inspect(&self.dir)?;
        if self.json {
            print_line(&serde_json::to_string(&report)?)?;
        } else {
            print_line(report.to_string().trim_end())?;
        }
        Ok(Outcome::Done)
    }
}
