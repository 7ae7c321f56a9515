//! Classic models on the FMA paper's features: runs for study, which `evaluate` takes and `tools/export` refuses.
//!
//! A clip is one vector and one sample, its own window. The graph standardises as for window statistics; there is
//! nothing else to prepare.

use super::classic::{ClassicSettings, chosen, curves};
use crate::classic::{self, Kind, LeastDeviation, Model, Samples, Task};
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::{Place, spread};
use crate::progress::Progress;
use crate::run::files::{RunFiles, ValidWindow};
use crate::run::finished::{CALIBRATION_WINDOWS, PARITY_WINDOWS, versions};
use crate::run::lock::{self, RunLock};
use crate::run::{Classic, Summary, Timing, Valid, parity};
use ndarray::Array2;
use needledrop_bundle::{Norm, RunInput, RunRecord, Window, file};
use needledrop_data::Clip;
use needledrop_data::fma518;
use needledrop_data::npy;
use needledrop_infer::{Net, Parity};
use needledrop_judging::metrics::{Levels, Segments, softmax};
use std::path::Path;

/// A clip's vector as a window.
const WINDOW: Window = Window {
    frames: 1,
    hop: 1,
    bands: fma518::VALUES,
};

/// Fits a classic model to feature vectors, into a run folder.
///
/// Clips of one group are never on both sides of a fold.
///
/// # Errors
/// Those of [`super::train_classic`].
pub fn train_study(
    corpus: &Corpus<f32>,
    settings: &ClassicSettings,
    run: &Path,
    resume: bool,
    progress: &Progress,
) -> Result<Summary, Error> {
    lock::refuse_used(run, resume)?;
    let _lock = RunLock::take(run)?;
    let labels = &corpus.labels;
    let used = used(&corpus.train, settings.kind);
    progress.say(&format!(
        "{} of {} training clips, {} features each",
        used.len(),
        corpus.train.len(),
        fma518::VALUES
    ));
    let group_of = corpus.group_numbers();
    let train = Samples::new(
        matrix(used.iter().map(|&clip| &corpus.train[clip]))?,
        used.iter().map(|&clip| corpus.train[clip].label).collect(),
        used.iter().map(|&clip| group_of[clip]).collect(),
        labels.len(),
    );
    let valid = &corpus.valid;
    let valid_x = matrix(valid.iter())?;
    let model = Model::fit(Task {
        kind: settings.kind,
        preset: settings.preset,
        pca: settings.pca,
        least_deviation: LeastDeviation::FMA518,
        seed: settings.seed,
        labels: labels.len(),
        train,
        valid: Samples::new(
            valid_x.clone(),
            valid.iter().map(|clip| clip.label).collect(),
            (0..valid.len()).collect(),
            labels.len(),
        ),
    })?;

    let onnx = model.features_to_onnx(fma518::VALUES);
    let to_f32 = |logits: Array2<f64>| -> Vec<f32> { logits.iter().map(|&v| v as f32).collect() };
    let valid_logits = to_f32(model.logits(valid_x.view()));
    let checked = spread(&(0..valid.len()).collect::<Vec<_>>(), PARITY_WINDOWS);
    let parity_x = valid_x.select(ndarray::Axis(0), &checked);
    let parity_logits = to_f32(model.logits(parity_x.view()));
    let margins: Vec<f32> = model
        .margins(parity_x.view())
        .into_iter()
        .map(|margin| margin as f32)
        .collect();
    let mut tract = Net::load_features(&onnx, fma518::VALUES, labels.len())?;
    let parity_x = to_f32(parity_x);
    let rule = Parity::by_class(&parity_logits, &margins);
    let rows = parity_x.chunks_exact(fma518::VALUES);
    let parity = parity::of_rows(file::MODEL, rule, rows, &parity_logits, |x, logits| {
        tract.logits_of_features(x, logits)
    })?;

    // A clip is one vector: every level is the same.
    let mut levels = Levels::new(labels.len(), Segments::default(), None);
    for (clip, logits) in valid.iter().zip(valid_logits.chunks_exact(labels.len())) {
        levels.push(clip.label, &softmax(logits));
    }
    let summary = Summary {
        model: settings.kind.name().to_owned(),
        preset: settings.preset.name().to_owned(),
        seed: settings.seed,
        parameters: model.parameters(),
        multiply_adds: tract.multiply_adds(),
        epochs: 0,
        best_epoch: 0,
        classic: Some(Classic {
            pca: settings.pca,
            windows: used.len(),
            chosen: chosen(&model.trials),
        }),
        ensemble: None,
        train_clips: corpus.train.len(),
        valid: Valid::new(levels.figures(labels), None),
        parity_difference: parity.difference().unwrap_or(0.0),
        parity_other_class: parity.other_class().to_vec(),
        timing: Timing::default(),
        steps_per_second: None,
        wait_share: None,
    };
    let valid: Vec<ValidWindow<'_>> = valid.iter().map(ValidWindow::of).collect();
    let kept = spread(&used, CALIBRATION_WINDOWS);
    let calibration = to_f32(matrix(kept.iter().map(|&clip| &corpus.train[clip]))?);
    RunFiles {
        onnx: &onnx,
        parity_x: &npy::bytes(&[checked.len(), fma518::VALUES], &parity_x),
        parity_logits: &parity_logits,
        parity_margins: Some(&margins),
        valid: &valid,
        valid_logits: &valid_logits,
        calib_x: &npy::bytes(&[kept.len(), fma518::VALUES], &calibration),
        curves: &curves(&model.trials),
        summary: &summary,
        record: &record(corpus, &summary),
    }
    .write(run)?;
    Ok(summary)
}

/// Clips to learn from: all, or as many as the model may carry, evenly within each label.
fn used(clips: &[Clip<f32>], kind: Kind) -> Vec<usize> {
    let places = (0..clips.len()).map(|clip| Place { clip, first_row: 0 });
    let thinned = classic::thin(
        places.collect(),
        |clip| clips[clip].label,
        kind.most_windows(),
    );
    thinned.into_iter().map(|place| place.clip).collect()
}

/// `[clips, features]`.
fn matrix<'a>(clips: impl Iterator<Item = &'a Clip<f32>>) -> Result<Array2<f64>, Error> {
    let mut values: Vec<f64> = Vec::new();
    for clip in clips {
        values.extend(clip.read()?.iter().map(|&value| f64::from(value)));
    }
    let rows = values.len() / fma518::VALUES;
    Ok(Array2::from_shape_fn(
        (rows, fma518::VALUES),
        |(row, at)| values[row * fma518::VALUES + at],
    ))
}

fn record(corpus: &Corpus<f32>, summary: &Summary) -> RunRecord {
    RunRecord {
        format: RunRecord::FORMAT,
        model: summary.model.clone(),
        preset: summary.preset.clone(),
        labels: corpus.labels.clone(),
        input: RunInput::Fma518,
        norm: Norm::None,
        window: WINDOW,
        origin: corpus.origin,
        seed: summary.seed,
        parameters: summary.parameters,
        pretrained_sha256: None,
        notes: Vec::new(),
        data_sha256: corpus.data_sha256.clone(),
        split_sha256: corpus.split_sha256.clone(),
        versions: versions(&[]),
        members: Vec::new(),
    }
}
