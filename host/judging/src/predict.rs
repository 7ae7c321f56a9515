//! Genres of audio files: decoded, through the frontend, cut into windows and run as on the board.

use crate::hearing::Hearing;
use crate::metrics::mean_probabilities;
use anyhow::Context;
use needledrop_audio::AudioFile;
use needledrop_infer::{Features, Model, Windows};
use serde::Serialize;
use std::path::Path;

/// Genres shown for a file.
const SHOWN: usize = 3;

/// A genre with its probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guess {
    /// Label.
    pub label: String,
    /// Calibrated probability, the mean over the file's windows.
    pub probability: f64,
}

/// What a file sounds like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The file.
    pub path: String,
    /// The most probable labels, best first.
    pub top: Vec<Guess>,
    /// Windows heard.
    pub windows: usize,
    /// The file is shorter than a window and was repeated to fill one.
    pub short: bool,
}

/// Hears one file to its end.
///
/// # Errors
/// Names the file: not readable, no audio, shorter than a frame, a rate the resampler does not take; or the runtime's.
pub fn predict(model: &mut Model, audio: &Path) -> anyhow::Result<Prediction> {
    let name = || audio.display().to_string();
    let mut file = AudioFile::open(audio)?;
    let rate = file.sample_rate_hz();
    let config = &model.frontend()?.config;
    let mut features = Features::new(model.metadata.input, config, rate).with_context(name)?;
    let classes = model.metadata.labels.len();
    let calibration = model.calibration();
    let mut windows = Windows::new(model.metadata.window);
    let mut hearing = Hearing::new(&mut model.net, &calibration, classes);
    let mut on_row = |row: &[i16]| {
        if let Some(view) = windows.push(row) {
            hearing.hear(view.values);
        }
    };
    while let Some(block) = file.next_block()? {
        features.push(block, &mut on_row);
    }
    features.finish(&mut on_row);
    let mut short = false;
    if let Some(view) = windows.finish() {
        short = view.short;
        hearing.hear(view.values);
    }
    let all = hearing.probabilities().with_context(name)?;
    anyhow::ensure!(
        !all.is_empty(),
        "{}: shorter than one frame of the model's frontend",
        audio.display()
    );
    let mean = mean_probabilities(&all, classes);
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    let guess = |&class: &usize| Guess {
        label: model.metadata.labels[class].clone(),
        probability: mean[class],
    };
    Ok(Prediction {
        path: name(),
        top: order.iter().take(SHOWN).map(guess).collect(),
        windows: all.len() / classes,
        short,
    })
}
