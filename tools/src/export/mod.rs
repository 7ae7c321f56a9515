//! Packs a training run into a model for the board: the files of a run folder in, a folder `models/NAME` out.
//!
//! ```text
//! run folder -> parity (tract, ONNX Runtime against the trainer) -> calibration -> thresholds
//!            -> metadata, digest, signature -> models/NAME
//! ```
//!
//! Everything is checked and built in memory before the first byte is written; the folder then appears whole.

mod calibration;
mod card;
mod latency;
mod options;
mod parity;
mod place;
mod run_folder;
mod scores;
mod signing;
mod summary;
mod thresholds;

use crate::model_folder::{CARD, METRICS, MODEL, MODEL_SIGNATURE, SONG, SONG_SIGNATURE};
use crate::onnx_runtime::OnnxRuntime;
use anyhow::{Context, Result, bail};
use needledrop_bundle::{Decision, Metadata, ModelFile, Norm, Window};
use needledrop_infer::Model;
pub use options::Options;
use run_folder::RunFolder;
use std::{collections::BTreeMap, io::Write, time::Duration};
use summary::{Cost, Signed, Summary};
use thresholds::CONFIDENT;

/// How an export ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The model is in place.
    Done,
    /// A check said no; nothing was written.
    Refused,
}

/// The sticky filter's probability that the genre stays what it is for a second: a genre lasts half a minute on
/// average, short beside a record and long beside a window.
const STAY_A_SECOND: f64 = 0.97;
/// Level gate, in dB re full scale: below it standardising would make the room's noise loud.
const GATE_DBFS: f64 = -65.0;
/// The same for a model that brings windows to one level, and those of the least only so far: quiet music is music.
const LEVELLED_GATE_DBFS: f64 = -80.0;
/// How long the latency is measured.
const LATENCY_BUDGET: Duration = Duration::from_secs(2);

/// Exports; the result goes to `out`, talk to stderr.
///
/// # Errors
/// A sentence for whatever is missing, damaged or not writable.
pub fn export(options: &Options, out: &mut dyn Write) -> Result<Outcome> {
    if options.int8 {
        bail!("--int8 is not available yet; export without it");
    }
    let key = options
        .sign
        .as_deref()
        .map(signing::Key::read)
        .transpose()?;
    let place = place::Place::check(&options.models, &options.name)?;
    let run = RunFolder::read(&options.run, options.allow_external)?;

    let runtime = OnnxRuntime::load()?;
    let parity = parity::check(&run.path, &run.model, &runtime)?;
    let song_parity = run
        .song
        .as_ref()
        .map(|song| parity::check(&run.path, song, &runtime))
        .transpose()?;
    if let Some(failed) = [Some(&parity), song_parity.as_ref()]
        .into_iter()
        .flatten()
        .find(|parity| !parity.passed)
    {
        summary::print_refusal(failed, &options.name, options.json, out)?;
        return Ok(Outcome::Refused);
    }

    let calibration = calibration::fit(&run.valid);
    let thresholds = thresholds::choose(&run.valid, &calibration);
    let validation = scores::scores(&run.valid, &run.record.labels, calibration.temperature);
    let metadata = metadata(&run, options, &calibration, thresholds, &validation);
    let sealed =
        needledrop_bundle::seal(&run.model.onnx, &metadata).context("this run cannot be packed")?;
    let signature = key
        .as_ref()
        .map(|key| key.sign(&options.name, &sealed))
        .transpose()?;

    // From here on, what is measured and printed is the very file that goes into place.
    let packed = ModelFile::from_bytes(&options.name, sealed)?;
    let net = Model::load(packed.clone())?.net;
    let cost = Cost::of(&metadata, &net, packed.onnx.len(), run.record.parameters);
    let latency = latency::measure(net, &run.model.x, LATENCY_BUDGET)?;
    let summary = Summary {
        name: options.name.clone(),
        path: place.folder().join(MODEL),
        sha256: packed.sha256.clone(),
        exported: true,
        signed: key.as_ref().map(|key| Signed { key_id: key.id() }),
        parity,
        cost,
        latency,
        calibration,
        validation,
    };
    let metrics = summary.metrics_file(&run.metrics)?;
    let card = card::card(&summary, &metadata, &run.record);

    let mut files = vec![
        (MODEL, packed.onnx),
        (CARD, card.into_bytes()),
        (METRICS, metrics),
    ];
    files.extend(signature.map(|signature| (MODEL_SIGNATURE, signature.into_bytes())));
    if let Some(song) = &run.song {
        let sealed = needledrop_bundle::seal(&song.onnx, &song_metadata(&metadata, song.window))
            .context("the network of songs cannot be packed")?;
        if let Some(key) = &key {
            let signature = key.sign(&options.name, &sealed)?;
            files.push((SONG_SIGNATURE, signature.into_bytes()));
        }
        files.push((SONG, sealed));
    }
    place.put(&files)?;
    summary.print(options.json, out)?;
    Ok(Outcome::Done)
}

/// The network of a song shares all but its window with that of a window; its probabilities are not calibrated, since
/// there are too few validation songs to calibrate by.
fn song_metadata(of_window: &Metadata, window: Window) -> Metadata {
    Metadata {
        window,
        temperature: 1.0,
        thresholds: vec![CONFIDENT; of_window.labels.len()],
        ..of_window.clone()
    }
}

fn metadata(
    run: &RunFolder,
    options: &Options,
    calibration: &calibration::Fit,
    thresholds: Vec<f32>,
    validation: &scores::Scores,
) -> Metadata {
    let record = &run.record;
    let mut versions = record.versions.clone();
    versions.insert("export".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    // Nothing that a runtime or a clock of this machine gave goes in: the same run gives the same bytes.
    let mut metrics = serde_json::json!({
        "protocol": scores::PROTOCOL,
        "valid": validation,
        "calibration": calibration,
    });
    if !record.members.is_empty() {
        metrics["members"] = serde_json::json!(record.members);
    }
    Metadata {
        name: options.name.clone(),
        model: record.model.clone(),
        labels: record.labels.clone(),
        input: run.input,
        norm: record.norm,
        origin: record.origin,
        window: record.window,
        temperature: calibration.temperature as f32,
        thresholds,
        decision: Decision {
            stay: STAY_A_SECOND,
            confident: f64::from(CONFIDENT),
            gate_dbfs: match record.norm {
                Norm::Level(_) => LEVELLED_GATE_DBFS,
                _ => GATE_DBFS,
            },
        },
        data_sha256: record.data_sha256.clone(),
        split_sha256: record.split_sha256.clone(),
        metrics,
        seed: record.seed,
        versions,
        notes: record.notes.clone(),
        unknown: BTreeMap::new(),
    }
}
