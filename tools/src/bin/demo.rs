//! Plays clips through the device program over a pseudo-terminal and counts the right answers.
//!
//! Exit codes: 0 all records arrived and most clips were right, 1 not so, 2 error.

#[cfg(not(unix))]
compile_error!(
    "demo runs on Linux and macOS only; of these programs Windows has the monitor: cargo build --bin monitor"
);

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use needledrop_tools::demo::{Clip, Player, Score, play_all, read_manifest};
use needledrop_tools::exit;

/// Plays clips through needledrop-device over a pseudo-terminal and counts the right answers.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// The device program
    #[arg(long, value_name = "PROGRAM")]
    device: PathBuf,
    /// The model it runs
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Clips to play: CSV with columns path and genre
    #[arg(long, value_name = "CSV")]
    manifest: PathBuf,
    /// Clips that play side by side
    #[arg(long, default_value_t = 6, value_name = "N")]
    at_once: usize,
}

fn main() -> ExitCode {
    exit::code("demo", &run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<bool> {
    let clips = read_manifest(&arguments.manifest)?;
    let player = Player {
        program: arguments.device.clone(),
        model: arguments.model.clone(),
    };
    let mut score = Score::default();
    for played in play_all(&player, clips, arguments.at_once, &show)? {
        score.add(&played);
    }
    writeln!(io::stdout(), "{score}").context("could not write to stdout")?;
    Ok(score.is_good())
}

fn show(clip: &Clip, line: &str) {
    let stem = clip.path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{}/{stem}", clip.genre);
    // Lines are the demo's talk; a closed stdout does not stop the playing.
    let _ = writeln!(io::stdout(), "{name:<24} {line}");
}
