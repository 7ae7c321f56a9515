//! `needledrop evaluate`: arguments.

use super::{Outcome, print_line};
use crate::data::Split;
use crate::evaluate::{Subject, evaluate};
use std::path::PathBuf;

/// Judge a run or a packed model by a data set: accuracy, macro-F1, log-loss, calibration, confusion.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("subject").required(true))]
pub(super) struct Args {
    /// Run folder; judged without calibration.
    #[arg(long, value_name = "DIR", group = "subject")]
    run: Option<PathBuf>,
    /// Model packed by tools/export; judged with its calibration.
    #[arg(long, value_name = "FILE", group = "subject")]
    model: Option<PathBuf>,
    /// Data set made by `needledrop prepare`, or a folder of TFRecord shards of others (docs/shards.md).
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// train, valid or test.
    #[arg(long, default_value = "test")]
    split: Split,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let subject = match (&self.run, &self.model) {
            (Some(run), _) => Subject::of_run(run)?,
            (None, Some(model)) => Subject::of_model(model)?,
            (None, None) => anyhow::bail!("give --run DIR or --model FILE"),
        };
        let (report, losses) = evaluate(&subject, &self.data, self.split)?;
        super::report_losses(&losses, &self.data);
        if self.json {
            print_line(&serde_json::to_string(&report)?)?;
        } else {
            print_line(report.table().trim_end())?;
        }
        Ok(Outcome::Done)
    }
}
