//! `needledrop tagger`: published weights and a data set go in, a run folder and an exported model come out.

use super::messages::{next_step, print_json, warn_of_losses};
use super::values::budget;
use anyhow::{Context, bail};
use needledrop_data::Kind;
use needledrop_data::memory::MemorySize;
use needledrop_networks::pretrained::Weights;
use needledrop_training::train::train_tagger;
use needledrop_training::{Corpus, JudgedBy, Progress};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Make a model of a published tagger's own tags, without teaching it genres.
///
/// Its genres are those of the tags; clips of the data set say how sure the answers are, and what is no music. The run
/// is then packed by `export`, the program beside this one.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Weights of musicnn (safetensors; docs/models.md has the names).
    #[arg(long, value_name = "FILE")]
    pretrained: PathBuf,
    /// Name of the model: models/NAME.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Data set of `needledrop prepare --preset tagger`, with clips of genres and of no-music.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Run folder to make [default: runs/NAME].
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Folder of the models.
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    /// Seed of the folds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Memory for the data set, like 512M or 8G [default: half of what is available].
    #[arg(long, value_name = "SIZE")]
    memory: Option<MemorySize>,
    /// Folder that keeps what the frozen layers give for each clip from one run to the next [default: the data set's
    /// `frozen`].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Leave the packing to tools/export.
    #[arg(long)]
    no_export: bool,
    /// Print a summary as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let progress = Progress::new();
        let weights = Weights::read(&self.pretrained).context("--pretrained")?;
        let budget = budget(self.memory);
        let (corpus, losses) = Corpus::read(&self.data, Kind::LogMel, &budget, JudgedBy::Folds)?;
        warn_of_losses(&losses, &self.data);
        let corpus = Corpus {
            cache: self.cache.clone().or(corpus.cache),
            ..corpus
        };
        let run = self.run.clone();
        let run = run.unwrap_or_else(|| PathBuf::from("runs").join(&self.name));
        let summary = train_tagger(&corpus, &weights, self.seed, &run, &progress)
            .context("making the tagger")?;
        if self.json {
            print_json(&summary)?;
        }
        let (clips, windows) = (&summary.valid.clips, &summary.valid.windows);
        let [low, high] = clips.accuracy_interval();
        progress.say(&format!(
            "validation accuracy {:.3} by clip ({low:.2} to {high:.2} at 95 %), {:.3} by window; calibration error {:.3}, {:.3}",
            clips.accuracy, windows.accuracy, clips.ece, windows.ece
        ));
        if self.no_export {
            progress.say(&next_step(&run, &corpus.origin));
            return Ok(());
        }
        let this = std::env::current_exe().context("could not find this program's folder")?;
        let export = this.with_file_name(format!("export{}", std::env::consts::EXE_SUFFIX));
        if !export.is_file() {
            bail!(
                "{}: not there, so the run was not packed; pack it: tools/export {} --name {}",
                export.display(),
                run.display(),
                self.name
            );
        }
        let status = Command::new(&export)
            .arg(&run)
            .args(["--name", &self.name, "--models"])
            .arg(&self.models)
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("{}", export.display()))?;
        if !status.success() {
            bail!("{}: {status}; its words are above", export.display());
        }
        Ok(())
    }
}
