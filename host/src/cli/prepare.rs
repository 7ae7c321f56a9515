//! `needledrop prepare`: arguments.

use super::Outcome;
use crate::data::Kind;
use crate::prepare::{self, Options, SplitRule};
use crate::progress::say;
use anyhow::{bail, ensure};
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
    /// How genres are found.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) layout: Layout,
    /// Frontend geometry: seed, mfcc or compact.
    #[arg(long, default_value = "seed")]
    pub(super) preset: String,
    /// What to store, separated by commas: logmel, pcm.
    #[arg(long, value_delimiter = ',', default_value = "logmel")]
    pub(super) kinds: Vec<String>,
    /// `official` (the manifest's or list's own), or percentages like 64/16/20; without it, official where every clip has one, else 64/16/20.
    #[arg(long, value_name = "official|TRAIN/VALID/TEST")]
    pub(super) split: Option<String>,
    /// Folder with {train,valid,test}*.txt lists of clips; clips on none are left out.
    #[arg(long, value_name = "DIR")]
    pub(super) split_lists: Option<PathBuf>,
    /// Shards per split, at most one a clip.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) shards: u16,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0)]
    pub(super) jobs: usize,
    /// Prepare part I of N only (not yet).
    #[arg(long, value_name = "I/N")]
    pub(super) part: Option<String>,
    /// Continue a run that was killed.
    #[arg(long)]
    pub(super) resume: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// How genres are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Layout {
    /// By looking.
    Auto,
    /// DATA/GENRE/**/clip.
    Folder,
    /// blues.00012.wav, flat or in folders.
    Gtzan,
    /// FMA's audio tree and metadata.
    Fma,
    /// A manifest with columns path, genre and, if known, artist, album, split.
    Csv,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        ensure!(
            self.part.is_none(),
            "--part: preparing in parts is not supported yet; leave it out"
        );
        let layout = match self.layout {
            Layout::Auto => None,
            Layout::Folder => Some(prepare::Layout::Folder),
            Layout::Gtzan => Some(prepare::Layout::Gtzan),
            Layout::Csv => Some(prepare::Layout::Csv),
            Layout::Fma => bail!(
                "--layout fma: not supported yet; write a manifest.csv with columns path,genre,artist and use --layout csv"
            ),
        };
        let options = Options {
            data: self.data,
            out: self.out,
            layout,
            frontend: super::preset(&self.preset)?,
            kinds: kinds(&self.kinds)?,
            split: self
                .split
                .as_deref()
                .map(str::parse::<SplitRule>)
                .transpose()?,
            split_lists: self.split_lists,
            shards: usize::from(self.shards),
            jobs: self.jobs,
            resume: self.resume,
        };
        let summary = prepare::prepare(&options)?;
        say(&summary);
        if self.json {
            super::print_line(&serde_json::to_string(&summary)?)?;
        }
        Ok(Outcome::Done)
    }
}

/// In the order of [`Kind::ALL`], each once.
fn kinds(names: &[String]) -> anyhow::Result<Vec<Kind>> {
    let asked = names
        .iter()
        .map(|name| match name.trim() {
            "fma518" => bail!("--kinds fma518: not supported yet; known are logmel and pcm"),
            name => Ok(name.parse::<Kind>()?),
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Kind::ALL
        .into_iter()
        .filter(|kind| asked.contains(kind))
        .collect())
}
