//! Everything that export needs of a run folder, read and held against each other.
use anyhow::{Context, Result, bail};
use needledrop_bundle::{InputKind, MAX_MODEL_BYTES, RunRecord, Window, file, npy};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files that are read; a run folder holds more.
const NEEDED: [&str; 7] = [
    file::RECORD,
    file::MODEL,
    file::PARITY_X,
    file::PARITY_LOGITS,
    file::VALID_LOGITS,
    file::VALID_LABELS,
    file::METRICS,
];

/// Logits of validation windows and their true classes.
#[derive(Clone, Debug)]
pub(crate) struct Validation {
    /// Classes.
    pub(crate) classes: usize,
    /// `windows * classes` values.
    pub(crate) logits: Vec<f32>,
    /// Index of the true label of each window.
    pub(crate) truth: Vec<usize>,
}

impl Validation {
    /// Logits and truth, window by window.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&[f32], usize)> {
        self.logits
            .chunks_exact(self.classes)
            .zip(self.truth.iter().copied())
    }
}

/// A network with the inputs and logits that its runtimes are held against.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// Which file it is.
    pub(crate) file: &'static str,
    /// The network, a plain ONNX file.
    pub(crate) onnx: Vec<u8>,
    /// Its window.
    pub(crate) window: Window,
    /// Shape of one window with batch 1.
    pub(crate) input_shape: Vec<usize>,
    /// Parity windows, one after the other.
    pub(crate) x: Vec<Vec<i16>>,
    /// The trainer's logits for them.
    pub(crate) logits: Vec<f32>,
    /// How far each one's answer is from another, of a classic model.
    pub(crate) margins: Option<Vec<f32>>,
}

/// A run folder, read and checked.
#[derive(Clone, Debug)]
pub(crate) struct RunFolder {
    /// The folder.
    pub(crate) path: PathBuf,
    /// `run.json`.
    pub(crate) record: RunRecord,
    /// The record's input, as a model file says it.
    pub(crate) input: InputKind,
    /// `model.onnx`.
    pub(crate) model: Checked,
    /// `song.onnx`, when the model learned from songs.
    pub(crate) song: Option<Checked>,
    /// Validation windows.
    pub(crate) valid: Validation,
    /// `metrics.json` as the trainer wrote it.
    pub(crate) metrics: serde_json::Value,
}

impl RunFolder {
    /// Reads a run folder.
    pub(crate) fn read(run: &Path, allow_external: bool) -> Result<Self> {
        if !run.is_dir() {
            bail!(
                "run folder {} is not there; `needledrop train --run {0}` makes it",
                run.display()
            );
        }
        let missing: Vec<&str> = NEEDED
            .into_iter()
            .filter(|name| !run.join(name).is_file())
            .collect();
        // Said before files are missed: a study run need not have them.
        let finished = run.join(file::RECORD).is_file();
        let record = finished.then(|| RunRecord::read(run)).transpose()?;
        let input = record.as_ref().map(|record| board_input(record, run));
        let input = input.transpose()?;
        let (Some(record), Some(input), true) = (record, input, missing.is_empty()) else {
            let missing = missing.join(", ");
            bail!(
                "run folder {} lacks {missing}; finish it with `needledrop train --resume`, or train again",
                run.display()
            );
        };
        check_frontend(&record, run, allow_external)?;

        let classes = record.labels.len();
        let window = &record.window;
        let row = input.axes(window.frames, window.bands);
        let x: npy::Array<i16> = npy::read(&run.join(file::PARITY_X), &row)?;
        let logits: npy::Array<f32> = npy::read(&run.join(file::PARITY_LOGITS), &[classes])?;
        if x.shape.first() != logits.shape.first() || x.values.is_empty() || classes == 0 {
            let (windows, logits) = (
                x.shape.first().unwrap_or(&0),
                logits.shape.first().unwrap_or(&0),
            );
            bail!(
                "{} has {windows} windows and {logits} rows of logits, expected the same number, at least 1",
                run.display()
            );
        }
        let values: usize = row.iter().product();
        let metrics = fs::read(run.join(file::METRICS)).context(file::METRICS)?;
        let metrics = serde_json::from_slice(&metrics)
            .with_context(|| format!("{} is no JSON", run.join(file::METRICS).display()))?;
        Ok(Self {
            path: run.to_owned(),
            model: Checked {
                file: file::MODEL,
                onnx: read_model(&run.join(file::MODEL))?,
                window: record.window,
                input_shape: std::iter::once(1).chain(row).collect(),
                x: x.values.chunks_exact(values).map(<[i16]>::to_vec).collect(),
                logits: logits.values,
                margins: read_margins(run, x.shape[0])?,
            },
            song: read_song(run, &record)?,
            valid: read_validation(run, classes)?,
            metrics,
            record,
            input,
        })
    }
}

fn board_input(record: &RunRecord, run: &Path) -> Result<InputKind> {
    record.input.on_board().with_context(|| {
        format!(
            "run {} was trained on fma518, the 518 features of the FMA paper, which no board computes; \
             train on logmel for a model to export",
            run.display()
        )
    })
}

fn check_frontend(record: &RunRecord, run: &Path, allow_external: bool) -> Result<()> {
    let Some(frontend) = record.origin.frontend() else {
        if !allow_external {
            bail!(
                "run {} was trained on imported features ({}), which the board cannot compute; \
                 --allow-external packs it for study",
                run.display(),
                record.origin
            );
        }
        return Ok(());
    };
    let actual = frontend
        .actual_id()
        .map_err(|failed| anyhow::anyhow!("run {}: frontend: {failed}", run.display()))?;
    if actual != frontend.id {
        bail!(
            "run {} was trained with frontend {}, this version computes {actual}; prepare the data and train again",
            run.display(),
            frontend.id
        );
    }
    Ok(())
}

/// The network of whole songs, if the run has one.
fn read_song(run: &Path, record: &RunRecord) -> Result<Option<Checked>> {
    let path = run.join(file::SONG);
    if !path.is_file() {
        return Ok(None);
    }
    let (classes, bands) = (record.labels.len(), record.window.bands);
    let x_path = run.join(file::SONG_PARITY_X);
    let x: npy::Array<i16> = npy::read(&x_path, &[bands])?;
    let logits: npy::Array<f32> = npy::read(&run.join(file::SONG_PARITY_LOGITS), &[classes])?;
    let (rows, songs) = (x.values.len() / bands, logits.values.len() / classes);
    if songs == 0 || rows == 0 || !rows.is_multiple_of(songs) {
        bail!(
            "{} has {rows} rows, which are not those of {songs} songs; train it again",
            x_path.display()
        );
    }
    let frames = rows / songs;
    Ok(Some(Checked {
        file: file::SONG,
        onnx: read_model(&path)?,
        window: Window {
            frames,
            hop: frames,
            bands,
        },
        input_shape: vec![1, frames, bands],
        x: x.values
            .chunks_exact(frames * bands)
            .map(<[i16]>::to_vec)
            .collect(),
        logits: logits.values,
        margins: None,
    }))
}

/// The margins of a classic model's parity windows.
fn read_margins(run: &Path, windows: usize) -> Result<Option<Vec<f32>>> {
    let path = run.join(file::PARITY_MARGINS);
    if !path.is_file() {
        return Ok(None);
    }
    let margins: npy::Array<f32> = npy::read(&path, &[])?;
    if margins.values.len() != windows {
        bail!(
            "{} has {} margins, {} has {windows} windows",
            path.display(),
            margins.values.len(),
            file::PARITY_X
        );
    }
    Ok(Some(margins.values))
}

fn read_model(path: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(path)
        .with_context(|| path.display().to_string())?
        .len();
    if length > MAX_MODEL_BYTES {
        bail!(
            "{} has {length} bytes, a model file may have {MAX_MODEL_BYTES}",
            path.display()
        );
    }
    fs::read(path).with_context(|| path.display().to_string())
}

fn read_validation(run: &Path, classes: usize) -> Result<Validation> {
    let path = run.join(file::VALID_LOGITS);
    let logits: npy::Array<f32> = npy::read(&path, &[classes])?;
    let labels: npy::Array<i64> = npy::read(&run.join(file::VALID_LABELS), &[])?;
    let windows = labels.values.len();
    if logits.values.len() != windows * classes {
        bail!(
            "{} has {} rows, {} has {windows}",
            path.display(),
            logits.values.len() / classes,
            file::VALID_LABELS
        );
    }
    if windows == 0 {
        bail!(
            "{} has no windows, so nothing can be calibrated; train with a validation split",
            path.display()
        );
    }
    if let Some(odd) = logits.values.iter().position(|logit| !logit.is_finite()) {
        bail!(
            "{}: window {} has a logit that is not finite; train it again",
            path.display(),
            odd / classes
        );
    }
    let truth = labels
        .values
        .iter()
        .map(|&label| match usize::try_from(label) {
            Ok(class) if class < classes => Ok(class),
            _ => bail!(
                "{} has label {label}, the run has {classes} labels",
                run.join(file::VALID_LABELS).display()
            ),
        });
    Ok(Validation {
        classes,
        logits: logits.values,
        truth: truth.collect::<Result<_>>()?,
    })
}
