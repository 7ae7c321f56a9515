//! A run folder, read for its page.

use super::{Error, Metrics};
use needledrop_bundle::{RunRecord, file, npy};
use needledrop_data::window::hop_seconds;
use needledrop_judging::evaluate;
use needledrop_judging::metrics::{Levels, Segments, mean_probabilities, softmax};
use needledrop_training::pictures::{Options, Pictures, pictures};
use needledrop_training::run::ClipRow;
use needledrop_training::run::checkpoint::Checkpoint;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Without these there is nothing to show.
const NEEDED: [&str; 5] = [
    file::RECORD,
    file::VALID_LOGITS,
    file::VALID_LABELS,
    file::VALID_CLIPS,
    file::METRICS,
];

/// A finished run.
#[derive(Debug)]
pub struct Run {
    /// Its folder, as given.
    pub path: PathBuf,
    /// `run.json`.
    pub record: RunRecord,
    /// `metrics.json`, what the logits can't tell.
    pub metrics: Metrics,
    /// The rows of `curves.csv`, the header first; empty when there is none.
    pub curves: Vec<Vec<String>>,
    /// Hyper-parameters by name, of a network.
    pub settings: BTreeMap<String, String>,
    /// Validation clips in the order of their windows.
    pub clips: Vec<ValidClip>,
    /// Answers on the validation split.
    pub levels: Levels,
    /// What its filters look for, and what its answers rest on.
    pub drawn: Drawn,
}

/// Pictures of a run, or why there are none.
#[derive(Debug, Default)]
pub enum Drawn {
    /// [`Run::draw`] was not called.
    #[default]
    NotAsked,
    /// The model has no convolutions of its own: classic models, ensembles.
    NoConvolutions,
    /// The reason: a run that was copied without its weights, for example.
    Failed(String),
    /// Here they are.
    Pictures(Pictures),
}

/// A validation clip with what the model said of its windows.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidClip {
    /// Identity.
    pub id: String,
    /// Index of its label.
    pub truth: usize,
    /// Probabilities, `[windows, classes]`.
    pub windows: Vec<f64>,
}

impl ValidClip {
    /// Mean of the windows' probabilities.
    pub fn mean(&self, classes: usize) -> Vec<f64> {
        mean_probabilities(&self.windows, classes)
    }
}

impl Run {
    /// Reads a run folder.
    ///
    /// # Errors
    /// Every [`Error`] but that of plots.
    pub fn read(path: &Path) -> Result<Self, Error> {
        evaluate::check_finished(path, &NEEDED)?;
        let record = RunRecord::read(path)?;
        let clips = read_clips(path, record.labels.len())?;
        let metrics = read_metrics(&path.join(file::METRICS))?;
        // Where an ensemble has left windows out the others' places in their clips are not known.
        let all_there = metrics
            .ensemble
            .as_ref()
            .is_none_or(|it| it.left_out_windows == 0);
        let hop_seconds = hop_seconds(&record).filter(|_| all_there);
        let mut levels = Levels::new(record.labels.len(), Segments::default(), hop_seconds);
        for clip in &clips {
            levels.push(clip.truth, &clip.windows);
        }
        Ok(Self {
            metrics,
            curves: read_curves(&path.join(file::CURVES))?,
            settings: settings(path),
            path: path.to_owned(),
            record,
            clips,
            levels,
            drawn: Drawn::NotAsked,
        })
    }

    /// Draws its pictures; what keeps it from that is said on the page, which has everything else all the same.
    pub fn draw(&mut self, options: &Options) {
        self.drawn = match pictures(&self.path, options) {
            Ok(Some(pictures)) => Drawn::Pictures(pictures),
            Ok(None) => Drawn::NoConvolutions,
            Err(reason) => Drawn::Failed(reason.to_string()),
        };
    }

    /// What it is called on the page: the folder's name.
    pub fn name(&self) -> String {
        let name = self.path.file_name();
        name.map_or_else(
            || self.path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Windows of all clips.
    pub fn windows(&self) -> usize {
        self.levels.windows.len()
    }
}

fn damaged(path: &Path, reason: impl ToString) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn read_clips(run: &Path, classes: usize) -> Result<Vec<ValidClip>, Error> {
    let logits = npy::read::<f32>(&run.join(file::VALID_LOGITS), &[classes])?.values;
    let labels = npy::read::<i64>(&run.join(file::VALID_LABELS), &[])?.values;
    let path = run.join(file::VALID_CLIPS);
    let rows = ClipRow::read(&path).map_err(|reason| damaged(&path, reason))?;
    let windows = logits.len() / classes;
    for (file, found) in [
        (file::VALID_LABELS, labels.len()),
        (file::VALID_CLIPS, rows.len()),
    ] {
        if found != windows {
            let expected = file::VALID_LOGITS;
            return Err(damaged(
                &run.join(file),
                format!("{found} windows, {expected} has {windows}"),
            ));
        }
    }
    let mut clips: Vec<ValidClip> = Vec::new();
    for ((row, label), logits) in rows
        .into_iter()
        .zip(labels)
        .zip(logits.chunks_exact(classes))
    {
        let truth = usize::try_from(label).ok().filter(|&it| it < classes);
        let truth = truth.ok_or_else(|| {
            damaged(
                &run.join(file::VALID_LABELS),
                format!("label {label}, there are {classes}"),
            )
        })?;
        let probabilities = softmax(logits);
        match clips.last_mut() {
            Some(clip) if clip.id == row.clip => clip.windows.extend(probabilities),
            _ => clips.push(ValidClip {
                id: row.clip,
                truth,
                windows: probabilities,
            }),
        }
    }
    if clips.is_empty() {
        return Err(damaged(&path, "no validation window"));
    }
    Ok(clips)
}

fn read_metrics(path: &Path) -> Result<Metrics, Error> {
    let bytes = std::fs::read(path).map_err(|reason| damaged(path, reason))?;
    serde_json::from_slice(&bytes).map_err(|reason| damaged(path, reason))
}

fn read_curves(path: &Path) -> Result<Vec<Vec<String>>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .and_then(|mut reader| reader.records().collect::<Result<Vec<_>, _>>())
        .map_err(|reason| damaged(path, reason))?;
    let row = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect();
    Ok(rows.iter().map(row).collect())
}

/// What the checkpoint says; nothing when there is none, as of a run that was copied without it.
fn settings(run: &Path) -> BTreeMap<String, String> {
    let Ok(Some(checkpoint)) = Checkpoint::read(&Checkpoint::path(run, Checkpoint::LAST)) else {
        return BTreeMap::new();
    };
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(&checkpoint.state.settings)
    else {
        return BTreeMap::new();
    };
    let shown = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    fields
        .into_iter()
        .map(|(name, value)| (name, shown(value)))
        .collect()
}
