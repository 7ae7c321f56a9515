//! `needledrop report`: run folders go in, one HTML page comes out.

use anyhow::{Context, bail};
use needledrop_bundle::write_atomic;
use needledrop_data::progress::say;
use needledrop_report::{Run, page};
use needledrop_training::pictures::Options;
use std::path::{Path, PathBuf};

/// Write one HTML page about finished runs: a table across them, and of each its curves, confusion, labels,
/// calibration, clips, filters and saliency.
///
/// The page needs no network, no scripts and no data set; figures are those of the validation split.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Run folders made by `needledrop train` or `needledrop ensemble`.
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Page to write; an old one is replaced when the new one is whole.
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    /// Without pictures of filters and saliency, which take seconds to minutes a network.
    #[arg(long)]
    no_pictures: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let folder = match self.out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!(
                "{}: no such folder; make it or choose another --out",
                folder.display()
            );
        }
        if self.out.is_dir() {
            bail!(
                "{}: is a folder; --out is the page's file",
                self.out.display()
            );
        }
        let mut runs = self
            .runs
            .iter()
            .map(|run| Run::read(run))
            .collect::<Result<Vec<_>, _>>()?;
        if !self.no_pictures {
            let options = Options::default();
            runs.iter_mut().for_each(|run| run.draw(&options));
        }
        let page = page(&runs)?;
        write_atomic(&self.out, page.as_bytes())
            .with_context(|| format!("{}: cannot be written", self.out.display()))?;
        say(format_args!(
            "{}: {} runs, {}",
            self.out.display(),
            runs.len(),
            indicatif::HumanBytes(page.len() as u64)
        ));
        Ok(())
    }
}
