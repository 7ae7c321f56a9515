//! `needledrop predict`: a packed model and audio files go in, a line a file comes out.

use super::exit::print_line;
use super::messages::print_json;
use needledrop_infer::Model;
use needledrop_judging::predict::{Prediction, predict};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;
use std::path::PathBuf;

/// Say which genre audio files are, as the board would.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Model packed by tools/export.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Audio files.
    #[arg(required = true)]
    audio: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Failure {
    path: String,
    reason: String,
}

impl Args {
    /// Runs it: files that fail are named, the others are still done, and the exit code is 2 if any failed.
    pub(super) fn run(self) -> anyhow::Result<()> {
        // Says what is wrong with the model once, not once a file.
        drop(Model::open(&self.model)?);
        let heard: Vec<anyhow::Result<Prediction>> = self
            .audio
            .par_iter()
            .map_init(
                || Model::open(&self.model),
                |model, audio| match model {
                    Ok(model) => predict(model, audio),
                    Err(_) => predict(&mut Model::open(&self.model)?, audio),
                },
            )
            .collect();
        let (mut files, mut failed) = (Vec::new(), Vec::new());
        for (audio, heard) in self.audio.iter().zip(heard) {
            match heard {
                Ok(prediction) => files.push(prediction),
                Err(error) => {
                    let reason = format!("{error:#}");
                    if self.audio.len() > 1 {
                        needledrop_data::progress::say(&reason);
                    }
                    failed.push(Failure {
                        path: audio.display().to_string(),
                        reason,
                    });
                }
            }
        }
        if self.json {
            print_json(&serde_json::json!({ "files": files, "failed": failed }))?;
        } else {
            for file in &files {
                print_line(&described(file))?;
            }
        }
        match (failed.as_slice(), self.audio.len()) {
            ([], _) => Ok(()),
            ([only], 1) => anyhow::bail!("{}", only.reason),
            (_, all) => anyhow::bail!("{} of {all} files could not be heard", failed.len()),
        }
    }
}

fn described(file: &Prediction) -> String {
    let guesses: Vec<String> = file
        .top
        .iter()
        .map(|guess| format!("{} {:.2}", guess.label, guess.probability))
        .collect();
    let short = if file.short {
        "  (short: repeated to fill a window)"
    } else {
        ""
    };
    format!("{}: {}{short}", file.path, guesses.join(", "))
}
