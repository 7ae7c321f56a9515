//! `needledrop data inspect`: data goes in, what it holds comes out.

use crate::cli::exit::print_line;
use crate::cli::input::InputArgs;
use crate::cli::messages::print_json;
use needledrop_data::inspect::inspect;
use std::path::PathBuf;

/// Say what data holds: clips per genre and split, rates, lengths, bad files, duplicates, leaks.
///
/// Nothing is changed. Problems found are part of the answer: the exit code is 2 only when no clip can be used.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Data set made by `needledrop prepare`, folder of audio, or CSV manifest.
    dir: PathBuf,
    #[command(flatten)]
    input: InputArgs,
    /// Read headers only: no duplicates, lengths where headers give them.
    #[arg(long)]
    quick: bool,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it: problems are part of the answer, not errors.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let report = inspect(&self.input.into_input(self.dir), self.jobs, self.quick)?;
        if self.json {
            print_json(&report)?;
        } else {
            print_line(report.to_string().trim_end())?;
        }
        Ok(())
    }
}
