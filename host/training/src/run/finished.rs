//! From a model that answers to the whole run folder: answers on validation windows, held against tract, and figures.

use super::figures;
use super::files::{RunFiles, ValidWindow};
use super::fitted::Fitted;
use super::parity;
use super::song;
use super::summary::{Classic, Summary, Timing, Valid};
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::{places, spread, windows_of};
use needledrop_bundle::{InputKind, RunInput, RunRecord, Window, file};
use needledrop_data::window::hop_seconds;
use needledrop_data::{Clip, npy};
use needledrop_infer::{Net, Parity};
use needledrop_networks::backend::BURN_VERSION;
use needledrop_networks::order::{below, generator, stream};
use needledrop_networks::{Input, Preset, Settings};
use std::collections::BTreeMap;
use std::path::Path;

/// Validation windows kept for the parity check.
pub(crate) const PARITY_WINDOWS: usize = 64;
/// Training windows kept for calibrating an 8-bit form.
pub(crate) const CALIBRATION_WINDOWS: usize = 256;

/// A run that has its model.
pub(crate) struct Finished<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) model: &'a str,
    pub(crate) preset: Preset,
    pub(crate) seed: u64,
    pub(crate) input: Input,
    pub(crate) parameters: u64,
    pub(crate) epochs: usize,
    pub(crate) best_epoch: usize,
    /// Logits of all validation windows, `[windows, labels]`, by models that did not learn from them, where this one
    /// did.
    pub(crate) held_out: Option<Vec<f32>>,
    /// `curves.csv`.
    pub(crate) curves: Vec<u8>,
    pub(crate) classic: Option<Classic>,
    pub(crate) timing: Timing,
    /// SHA-256 of the weights it started from, 64 hex.
    pub(crate) pretrained_sha256: Option<String>,
    /// What is to be said of them.
    pub(crate) notes: Vec<String>,
    /// Versions of what trained it, besides ours.
    pub(crate) versions: &'a [(&'a str, &'a str)],
}

impl<'a> Finished<'a> {
    /// A network that was not trained yet.
    pub(crate) fn of(
        corpus: &'a Corpus,
        settings: &'a Settings,
        input: Input,
        parameters: u64,
    ) -> Self {
        Self {
            corpus,
            model: &settings.model,
            preset: settings.preset,
            seed: settings.seed,
            input,
            parameters,
            epochs: 0,
            best_epoch: 0,
            held_out: None,
            curves: Vec::new(),
            classic: None,
            timing: Timing::default(),
            pretrained_sha256: settings.pretrained.as_ref().map(|it| it.sha256.clone()),
            notes: {
                let of_weights = settings.pretrained.iter().flat_map(|it| &it.notes);
                let of_teacher = corpus.teacher.iter().flat_map(|it| &it.notes);
                of_weights.chain(of_teacher).cloned().collect()
            },
            versions: &[("burn", BURN_VERSION)],
        }
    }
}

/// Writes every file of the run folder.
///
/// # Errors
/// Those of the model and of the clips; [`Error::Infer`], [`Error::Parity`], [`Error::Io`], [`Error::Bundle`].
pub(crate) fn write(
    run: &Path,
    finished: Finished<'_>,
    fitted: &impl Fitted,
) -> Result<Summary, Error> {
    let Finished { corpus, input, .. } = &finished;
    let classes = corpus.labels.len();
    let valid = &corpus.valid;
    let window = input.window;
    let onnx = fitted.onnx();

    let places = &places(valid, window)[..];
    let logits = match &finished.held_out {
        Some(logits) => logits.clone(),
        None => fitted.logits(valid, places)?,
    };
    let parity_places = spread(places, PARITY_WINDOWS);
    let parity_logits = fitted.logits(valid, &parity_places)?;
    let parity_margins = fitted.margins(valid, &parity_places)?;
    let parity_x = windows_of(valid, &parity_places, window)?;
    let mut tract = Net::load(&onnx, &window, classes)?;
    let rule = match &parity_margins {
        Some(margins) => Parity::by_class(&parity_logits, margins),
        None => Parity::with(&parity_logits),
    };
    let parity = parity::of_windows(file::MODEL, rule, &mut tract, &parity_x, &parity_logits)?;
    let song = match fitted.song_onnx() {
        Some(onnx) => Some(song::write(run, corpus, input, fitted, &onnx)?),
        None => None,
    };

    let windows_shape = |windows: usize| [vec![windows], input.axes(window.frames)].concat();
    let (calibration_windows, calibration) =
        calibration_windows(&corpus.train, window, finished.seed)?;
    let record = record(&finished);
    let levels = figures::levels(valid, places, &logits, classes, hop_seconds(&record));
    let summary = Summary {
        model: finished.model.to_owned(),
        preset: finished.preset.name().to_owned(),
        seed: finished.seed,
        parameters: finished.parameters,
        multiply_adds: tract.multiply_adds(),
        epochs: finished.epochs,
        best_epoch: finished.best_epoch,
        classic: finished.classic.clone(),
        ensemble: None,
        train_clips: corpus.train.len(),
        valid: Valid::new(levels.figures(&corpus.labels), song),
        parity_difference: parity.difference().unwrap_or(0.0),
        parity_other_class: parity.other_class().to_vec(),
        timing: finished.timing,
        steps_per_second: finished.timing.steps_per_second(),
        wait_share: finished.timing.wait_share(),
    };
    let valid_windows: Vec<ValidWindow<'_>> = places
        .iter()
        .map(|place| ValidWindow::of(&valid[place.clip]))
        .collect();
    RunFiles {
        onnx: &onnx,
        parity_x: &npy::bytes(&windows_shape(parity_places.len()), &parity_x),
        parity_logits: &parity_logits,
        parity_margins: parity_margins.as_deref(),
        valid: &valid_windows,
        valid_logits: &logits,
        calib_x: &npy::bytes(&windows_shape(calibration_windows), &calibration),
        curves: &finished.curves,
        summary: &summary,
        record: &record,
    }
    .write(run)?;
    Ok(summary)
}

/// `run.json`.
fn record(finished: &Finished<'_>) -> RunRecord {
    let Finished { corpus, input, .. } = finished;
    RunRecord {
        format: RunRecord::FORMAT,
        model: finished.model.to_owned(),
        preset: finished.preset.name().to_owned(),
        labels: corpus.labels.clone(),
        input: match input.kind {
            InputKind::Pcm => RunInput::Pcm,
            _ => RunInput::LogMel,
        },
        norm: input.norm,
        window: input.window,
        origin: corpus.origin,
        seed: finished.seed,
        parameters: finished.parameters,
        pretrained_sha256: finished.pretrained_sha256.clone(),
        notes: finished.notes.clone(),
        data_sha256: corpus.data_sha256.clone(),
        split_sha256: corpus.split_sha256.clone(),
        versions: versions(finished.versions),
        members: Vec::new(),
    }
}

/// Our version, and those of what else trained it.
pub(crate) fn versions(others: &[(&str, &str)]) -> BTreeMap<String, String> {
    let ours = ("needledrop", env!("CARGO_PKG_VERSION"));
    let all = std::iter::once(&ours).chain(others);
    all.map(|&(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

/// Training windows drawn at random, one generator for all, as many as there are at most: how many, and their values.
fn calibration_windows(
    clips: &[Clip],
    window: Window,
    seed: u64,
) -> Result<(usize, Vec<i16>), Error> {
    let mut places = places(clips, window);
    let mut rng = generator(seed, stream::CALIBRATION, 0, 0);
    let n = CALIBRATION_WINDOWS.min(places.len());
    for index in 0..n {
        let other = index + below(&mut rng, places.len() - index);
        places.swap(index, other);
    }
    places.truncate(n);
    Ok((n, windows_of(clips, &places, window)?))
}
