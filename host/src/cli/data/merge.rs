//! `needledrop data merge`: parts of a data set go in, the whole comes out.

use crate::cli::messages::report;
use needledrop_data::prepare::{MergeOptions, merge};
use std::path::PathBuf;

/// Join the parts that `needledrop prepare --part I/N` made to the data set that one run would have made.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Folders of all parts, in any order; they stay as they are.
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    /// Folder to make.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Continue a merge that was killed.
    #[arg(long)]
    resume: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let summary = merge(&MergeOptions {
            parts: self.parts,
            out: self.out,
            jobs: self.jobs,
            resume: self.resume,
        })?;
        report(&summary, self.json)
    }
}
