//! Genres of audio files: decoded, through the frontend, cut into windows and run as on the board.

use crate::hearing::Hearing;
use crate::metrics::mean_probabilities;
use crate::windows::for_each_window;
use anyhow::Context;
use needledrop_audio::AudioFile;
use needledrop_infer::{Error, Features, Model, Windows};
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

/// What a model says of a file, window by window.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Calibrated probabilities, `[windows, labels]`; at least one window.
    pub probabilities: Vec<f64>,
    /// The file is shorter than a window and was repeated to fill one.
    pub short: bool,
}

/// Hears one file to its end; `also` gets the same PCM, with its rate.
///
/// # Errors
/// Names the file: not readable, no audio, shorter than a frame, a rate the resampler does not take; or the runtime's,
/// or those of `also`.
pub fn hear(
    model: &mut Model,
    audio: &Path,
    mut also: impl FnMut(u32, &[i16]) -> anyhow::Result<()>,
) -> anyhow::Result<Heard> {
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
        also(rate, block).with_context(name)?;
        features.push(block, &mut on_row);
    }
    features.finish(&mut on_row);
    let mut short = false;
    if let Some(view) = windows.finish() {
        short = view.short;
        hearing.hear(view.values);
    }
    let probabilities = hearing.probabilities().with_context(name)?;
    anyhow::ensure!(
        !probabilities.is_empty(),
        "{}: shorter than one frame of the model's frontend",
        audio.display()
    );
    Ok(Heard {
        probabilities,
        short,
    })
}

/// Hears a clip of features, `[rows, bands]`: calibrated probabilities, `[windows, labels]`.
///
/// # Errors
/// The runtime's.
pub fn hear_rows(model: &mut Model, rows: &[i16]) -> Result<Vec<f64>, Error> {
    let classes = model.metadata.labels.len();
    let calibration = model.calibration();
    let mut hearing = Hearing::new(&mut model.net, &calibration, classes);
    for_each_window(rows, model.metadata.window, |_, values| {
        hearing.hear(values)
    });
    hearing.probabilities()
}

/// Hears one file to its end.
///
/// # Errors
/// Those of [`hear`].
pub fn predict(model: &mut Model, audio: &Path) -> anyhow::Result<Prediction> {
    let Heard {
        probabilities,
        short,
    } = hear(model, audio, |_, _| Ok(()))?;
    let classes = model.metadata.labels.len();
    let mean = mean_probabilities(&probabilities, classes);
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    let guess = |&class: &usize| Guess {
        label: model.metadata.labels[class].clone(),
        probability: mean[class],
    };
    Ok(Prediction {
        path: audio.display().to_string(),
        top: order.iter().take(SHOWN).map(guess).collect(),
        windows: probabilities.len() / classes,
        short,
    })
}
