//! `needledrop evaluate`: a run folder or a packed model and a data set go in, figures come out.

use super::exit::print_line;
use super::messages::{print_json, warn_of_losses};
use super::values::positive;
use needledrop_data::Split;
use needledrop_judging::evaluate::{Subject, evaluate};
use needledrop_judging::metrics::Segments;
use std::path::PathBuf;

/// Judge a run or a packed model by a data set: by window, segment and clip, as a whole and by genre.
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
    /// Segments that each clip is cut into, from its start, and judged by on their own; a window counts where it
    /// starts.
    #[arg(long, value_name = "N", default_value_t = Segments::default().count as u32,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    segments: u32,
    /// Seconds of a segment.
    #[arg(long, value_name = "SECONDS", default_value_t = Segments::default().seconds, value_parser = positive)]
    segment_seconds: f64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let subject = match (&self.run, &self.model) {
            (Some(run), _) => Subject::of_run(run)?,
            (None, Some(model)) => Subject::of_model(model)?,
            (None, None) => anyhow::bail!("give --run DIR or --model FILE"),
        };
        let rule = Segments {
            count: self.segments as usize,
            seconds: self.segment_seconds,
        };
        let (report, losses) = evaluate(&subject, &self.data, self.split, rule)?;
        warn_of_losses(&losses, &self.data);
        if self.json {
            print_json(&report)?;
        } else {
            print_line(report.table().trim_end())?;
        }
        Ok(())
    }
}
