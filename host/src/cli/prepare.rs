//! `needledrop prepare`: raw data goes in, a data set or a part of one comes out.

use super::input::InputArgs;
use super::messages::report;
use super::values::preset;
use needledrop_data::Kind;
use needledrop_data::prepare::{self, Options, Share, SplitRule};
use needledrop_data::progress::say;
use std::path::PathBuf;

/// Turn a folder of music into shards of features, split without leaks.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Folder of audio, or a CSV manifest.
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
    /// Folder to make.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Frontend geometry: seed, mfcc, compact or tagger.
    #[arg(long, default_value = "seed")]
    pub(super) preset: String,
    /// What to store, separated by commas: logmel, pcm, fma518 (the 518 features of the FMA paper, for study).
    #[arg(long, value_delimiter = ',', default_value = "logmel")]
    pub(super) kinds: Vec<String>,
    /// `official` (the manifest's or list's own), or percentages like 64/16/20; without it, official where every clip
    /// has one, else 64/16/20.
    #[arg(long, value_name = "official|TRAIN/VALID/TEST")]
    pub(super) split: Option<String>,
    /// Shards per split, at most one a clip.
    #[arg(long, default_value_t = Options::STANDARD_SHARDS, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) shards: u16,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0)]
    pub(super) jobs: usize,
    /// Prepare part I of N only, for `needledrop data merge`; `auto` in a Slurm array and `auto/N` in an indexed job
    /// find I themselves.
    #[arg(long, value_name = "I/N|auto|auto/N")]
    pub(super) part: Option<String>,
    /// Continue a run that was killed.
    #[arg(long)]
    pub(super) resume: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let environment = |name: &str| std::env::var(name).ok();
        let share = self
            .part
            .as_deref()
            .map(|text| Share::parse(text, environment))
            .transpose()?;
        if let (None, Some(variable)) = (share, Share::batch_task(environment)) {
            say(format_args!(
                "note: {variable} is set, but this prepares the whole data set; --part auto prepares this task's part"
            ));
        }
        let options = Options {
            input: self.input.into_input(self.data),
            out: self.out,
            frontend: preset(&self.preset)?,
            kinds: kinds(&self.kinds)?,
            split: self
                .split
                .as_deref()
                .map(str::parse::<SplitRule>)
                .transpose()?,
            shards: usize::from(self.shards),
            share,
            jobs: self.jobs,
            resume: self.resume,
        };
        report(&prepare::prepare(&options)?, self.json)
    }
}

/// In the order of [`Kind::ALL`], each once.
fn kinds(names: &[String]) -> anyhow::Result<Vec<Kind>> {
    let asked = names
        .iter()
        .map(|name| Ok(name.trim().parse::<Kind>()?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Kind::ALL
        .into_iter()
        .filter(|kind| asked.contains(kind))
        .collect())
}
