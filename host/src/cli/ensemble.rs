//! `needledrop ensemble`: finished run folders go in, a run folder comes out.

use super::messages::{next_step, print_json, warn_of_losses};
use super::values::budget;
use needledrop_data::memory::MemorySize;
use needledrop_training::ensemble::{Data, Ensemble};
use needledrop_training::run::Summary;
use needledrop_training::{Corpus, JudgedBy, Progress};
use std::path::PathBuf;

/// Average the probabilities of finished runs: a run folder like any other, from which tools/export packs one model.
///
/// The runs must be of one data set, split, frontend and input; networks and classic models mix. Windows may differ:
/// the longest is the ensemble's, and members with a shorter one judge all of theirs that fit into it.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Run folders, two or more.
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Run folder to make.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Data set that the runs were trained on: judge and calibrate by all its validation windows, also where those that
    /// the runs kept do not fall together.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Memory for the data set, like 512M or 8G [default: half of what is available].
    #[arg(long, value_name = "SIZE", requires = "data")]
    memory: Option<MemorySize>,
    /// Print a summary as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let progress = Progress::new();
        let ensemble = Ensemble::of(&self.runs)?;
        let corpus = match &self.data {
            Some(data) => {
                let (corpus, losses) =
                    Corpus::read(data, ensemble.kind(), &budget(self.memory), JudgedBy::Split)?;
                warn_of_losses(&losses, data);
                Some(corpus)
            }
            None => None,
        };
        let data = corpus.as_ref().zip(self.data.as_deref());
        let data = data.map(|(corpus, set)| Data { set, corpus });
        let summary = ensemble.write(&self.run, data, &progress)?;
        if self.json {
            print_json(&summary)?;
        }
        progress.say(&described(&summary));
        progress.say(&next_step(&self.run, ensemble.origin()));
        Ok(())
    }
}

fn described(summary: &Summary) -> String {
    let row = |name: &str, figures: &needledrop_judging::metrics::Summary| {
        format!(
            "{name:<40} {:>9.3} {:>9.3} {:>9.3}\n",
            figures.accuracy, figures.macro_f1, figures.log_loss
        )
    };
    let members = summary.ensemble.iter().flat_map(|it| &it.members);
    let members = members.map(|member| {
        let name = format!("{} ({}, seed {})", member.run, member.model, member.seed);
        row(&name, &member.windows)
    });
    let (clips, windows) = (&summary.valid.clips, &summary.valid.windows);
    let table = format!(
        "{:<40} {:>9} {:>9} {:>9}\n{}{}{}",
        "validation",
        "accuracy",
        "macro-F1",
        "log-loss",
        members.collect::<String>(),
        row(&format!("ensemble, {} windows", windows.n), windows),
        row(&format!("ensemble, {} clips", clips.n), clips),
    );
    format!(
        "{table}{} parameters, {} multiply-adds a window",
        summary.parameters, summary.multiply_adds
    )
}
