//! From nothing to a model: the programs, what they are told, and the one line that each leaves on the screen.
//!
//! Figures come from the files that the programs leave, not from their words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, Result};
use needledrop_bundle::file;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::clip::Clip;
use super::held_out::read_held_out;
use super::play::Player;
use super::screen::Screen;
use super::stage;
use crate::model_folder;

const CLIPS_PER_GENRE: u32 = 40;
const CLIP_SECONDS: u32 = 12;
const SEED: u32 = 1;
const PRESET: &str = "compact";
const ARCHITECTURE: &str = "compact";
const EPOCHS: u32 = 40;
const NAME: &str = "demo";
/// Test clips of each genre that are played.
const HELD_OUT_PER_GENRE: usize = 3;

/// The chain in a folder of its own.
pub(super) struct Chain<'a> {
    /// Where the programs are.
    pub(super) programs: &'a Path,
    /// Where everything goes.
    pub(super) folder: &'a Path,
    /// Where the lines go.
    pub(super) screen: &'a Screen,
    /// Whether somebody asked to stop.
    pub(super) stop: &'a AtomicBool,
}

impl Chain<'_> {
    /// Synthesises, prepares, trains and exports; gives what plays the model, and the clips to play.
    ///
    /// # Errors
    /// [`stage::Failed`] of a program; one that can't be started; a file that it did not leave; a stop.
    pub(super) fn run(&self) -> Result<(Player, Vec<Clip>)> {
        let logs = self.folder.join("logs");
        fs::create_dir_all(&logs).with_context(|| format!("could not make {}", logs.display()))?;
        self.synth()?;
        self.prepare()?;
        self.train()?;
        self.export()?;
        let clips = self.folder.join("data/clips.csv");
        let clips = read_held_out(&clips, &self.folder.join("music"), HELD_OUT_PER_GENRE)?;
        let player = Player {
            program: self.programs.join("needledrop-device"),
            model: self.models().join(NAME).join(model_folder::MODEL),
        };
        Ok((player, clips))
    }

    fn synth(&self) -> Result<()> {
        let mut command = self.needledrop("synth");
        command
            .arg("--out")
            .arg(self.folder.join("music"))
            .args(["--clips-per-genre", &CLIPS_PER_GENRE.to_string()])
            .args(["--seconds", &CLIP_SECONDS.to_string()])
            .args(["--seed", &SEED.to_string()]);
        let took = self.stage("synth", &mut command)?;
        self.say(
            "synth",
            &format!("{CLIPS_PER_GENRE} clips of {CLIP_SECONDS} s in each style, and of no music"),
            took,
        );
        Ok(())
    }

    fn prepare(&self) -> Result<()> {
        let data = self.folder.join("data");
        let mut command = self.needledrop("prepare");
        command
            .arg("--data")
            .arg(self.folder.join("music"))
            .arg("--out")
            .arg(&data)
            .args(["--preset", PRESET]);
        let took = self.stage("prepare", &mut command)?;
        let prepared: Prepared = read(&data.join("dataset.json"))?;
        self.say("prepare", &prepared.sentence(), took);
        Ok(())
    }

    fn train(&self) -> Result<()> {
        self.screen.say(&format!(
            "train: {ARCHITECTURE}, {EPOCHS} epochs (a minute on two cores)"
        ));
        let run = self.folder.join("run");
        let mut command = self.needledrop("train");
        command
            .arg("--data")
            .arg(self.folder.join("data"))
            .args(["--model", ARCHITECTURE])
            .arg("--run")
            .arg(&run)
            .args(["--epochs", &EPOCHS.to_string()])
            .args(["--seed", &SEED.to_string()]);
        let took = self.stage("train", &mut command)?;
        let trained: Trained = read(&run.join(file::METRICS))?;
        self.say("train", &trained.sentence(), took);
        Ok(())
    }

    fn export(&self) -> Result<()> {
        let mut command = Command::new(self.programs.join("export"));
        command
            .arg(self.folder.join("run"))
            .args(["--name", NAME])
            .arg("--models")
            .arg(self.models());
        let took = self.stage("export", &mut command)?;
        let exported: Exported = read(&self.models().join(NAME).join(model_folder::METRICS))?;
        self.say("export", &exported.sentence(), took);
        Ok(())
    }

    fn models(&self) -> PathBuf {
        self.folder.join("models")
    }

    fn needledrop(&self, subcommand: &str) -> Command {
        let mut command = Command::new(self.programs.join("needledrop"));
        command.arg(subcommand);
        command
    }

    fn stage(&self, name: &str, command: &mut Command) -> Result<Duration> {
        let log = self.folder.join("logs").join(name).with_extension("log");
        self.screen.live(name);
        stage::run(name, command, &log, self.screen, self.stop)
    }

    fn say(&self, name: &str, sentence: &str, took: Duration) {
        let seconds = took.as_secs_f64();
        self.screen
            .say(&format!("{name}: {sentence}, {seconds:.0} s"));
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let failed = || format!("could not read {}", path.display());
    let text = fs::read(path).with_context(failed)?;
    serde_json::from_slice(&text).with_context(failed)
}

/// Of `dataset.json`.
#[derive(Deserialize)]
struct Prepared {
    labels: Vec<String>,
    counts: BTreeMap<String, Split>,
}

#[derive(Deserialize)]
struct Split {
    clips: u64,
}

impl Prepared {
    fn sentence(&self) -> String {
        let clips = |split| self.counts.get(split).map_or(0, |split| split.clips);
        format!(
            "{} training, {} validation and {} test clips of {} labels",
            clips("train"),
            clips("valid"),
            clips("test"),
            self.labels.len()
        )
    }
}

/// Of a run's `metrics.json`.
#[derive(Deserialize)]
struct Trained {
    epochs: u64,
    best_epoch: u64,
    valid: Valid,
}

#[derive(Deserialize)]
struct Valid {
    clips: Accuracy,
}

#[derive(Deserialize)]
struct Accuracy {
    accuracy: f64,
}

impl Trained {
    fn sentence(&self) -> String {
        format!(
            "epoch {} of {} was the best, validation accuracy {:.3} by clip",
            self.best_epoch, self.epochs, self.valid.clips.accuracy
        )
    }
}

/// Of a model's `metrics.json`.
#[derive(Deserialize)]
struct Exported {
    parity: Parity,
}

#[derive(Deserialize)]
struct Parity {
    tract: f64,
    onnx_runtime: f64,
    tolerance: f64,
}

impl Exported {
    fn sentence(&self) -> String {
        let Parity {
            tract,
            onnx_runtime,
            tolerance,
        } = self.parity;
        format!(
            "parity {:.1e} in tract and ONNX Runtime ({tolerance:.1e} allowed)",
            tract.max(onnx_runtime)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Exported, Prepared, Trained};

    #[test]
    fn sentences_come_from_what_the_programs_leave() {
        let json = r#"{"format": 1, "labels": ["jazz", "no-music"],
            "counts": {"train": {"clips": 7, "frames": 1}, "valid": {"clips": 2}, "test": {"clips": 3}}}"#;
        let prepared: Prepared = serde_json::from_str(json).unwrap();
        assert_eq!(
            prepared.sentence(),
            "7 training, 2 validation and 3 test clips of 2 labels"
        );

        let json = r#"{"model": "compact", "epochs": 40, "best_epoch": 31,
            "valid": {"clips": {"n": 64, "accuracy": 0.84375}}}"#;
        let trained: Trained = serde_json::from_str(json).unwrap();
        assert_eq!(
            trained.sentence(),
            "epoch 31 of 40 was the best, validation accuracy 0.844 by clip"
        );

        let json = r#"{"parity": {"onnx_runtime": 3.8e-6, "passed": true, "tolerance": 5.7e-4, "tract": 3.7e-6,
            "windows": 64}}"#;
        let exported: Exported = serde_json::from_str(json).unwrap();
        assert_eq!(
            exported.sentence(),
            "parity 3.8e-6 in tract and ONNX Runtime (5.7e-4 allowed)"
        );
    }
}
