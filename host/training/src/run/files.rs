//! The files of a run folder, whoever made the run: from memory to disk, each whole or not at all. `run.json` is
//! written last: a folder that has it has everything.

use super::summary::Summary;
use super::table::csv;
use crate::error::Error;
use needledrop_bundle::{RunRecord, file, write_atomic};
use needledrop_data::{Clip, npy};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is written, in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunFiles<'a> {
    /// The graph.
    pub(crate) onnx: &'a [u8],
    /// Windows to hold runtimes against, a .npy file.
    pub(crate) parity_x: &'a [u8],
    /// Logits for them.
    pub(crate) parity_logits: &'a [f32],
    /// How far each one's answer is from another, where runtimes must agree on the class alone.
    pub(crate) parity_margins: Option<&'a [f32]>,
    /// Validation windows.
    pub(crate) valid: &'a [ValidWindow<'a>],
    /// Logits for them.
    pub(crate) valid_logits: &'a [f32],
    /// Training windows, a .npy file.
    pub(crate) calib_x: &'a [u8],
    /// `curves.csv`.
    pub(crate) curves: &'a [u8],
    /// `metrics.json`.
    pub(crate) summary: &'a Summary,
    /// `run.json`.
    pub(crate) record: &'a RunRecord,
}

/// A validation window: a row of `valid_clips.csv`, of `valid_labels.npy` and of `valid_logits.npy`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValidWindow<'a> {
    /// Identity of its clip.
    pub(crate) clip: &'a str,
    /// Name of its label.
    pub(crate) genre: &'a str,
    /// Its label.
    pub(crate) label: usize,
}

impl<'a> ValidWindow<'a> {
    /// A window of a clip.
    pub(crate) fn of<T>(clip: &'a Clip<T>) -> Self {
        Self {
            clip: &clip.id,
            genre: &clip.genre,
            label: clip.label,
        }
    }
}

/// A row of `valid_clips.csv` as it is written.
#[derive(Serialize)]
struct NumberedRow<'a> {
    window: usize,
    clip: &'a str,
    genre: &'a str,
}

/// A row of `valid_clips.csv` as it is read back: which clip a validation window is of. The column `window`, which
/// counts the rows, is left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct ClipRow {
    /// Identity.
    pub clip: String,
    /// Name of its label.
    pub genre: String,
}

impl ClipRow {
    /// The rows of a run folder's `valid_clips.csv`.
    ///
    /// # Errors
    /// Those of the file and of CSV.
    pub fn read(path: &Path) -> Result<Vec<Self>, ::csv::Error> {
        ::csv::Reader::from_path(path)?.deserialize().collect()
    }

    /// Index of its label.
    pub(crate) fn label(&self, labels: &[String]) -> Option<usize> {
        labels.iter().position(|label| *label == self.genre)
    }
}

impl RunFiles<'_> {
    /// Writes them all.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Bundle`].
    pub(crate) fn write(&self, run: &Path) -> Result<(), Error> {
        let classes = self.record.labels.len();
        let by_class = |logits: &[f32]| npy::bytes(&[logits.len() / classes, classes], logits);
        save(run, file::MODEL, self.onnx)?;
        save(run, file::PARITY_X, self.parity_x)?;
        save(run, file::PARITY_LOGITS, &by_class(self.parity_logits))?;
        if let Some(margins) = self.parity_margins {
            let margins = npy::bytes(&[margins.len()], margins);
            save(run, file::PARITY_MARGINS, &margins)?;
        }
        save(run, file::VALID_LOGITS, &by_class(self.valid_logits))?;
        let labels: Vec<i64> = self.valid.iter().map(|row| row.label as i64).collect();
        let labels = npy::bytes(&[labels.len()], &labels);
        save(run, file::VALID_LABELS, &labels)?;
        let rows = self.valid.iter().enumerate();
        let rows = rows.map(|(window, &ValidWindow { clip, genre, .. })| NumberedRow {
            window,
            clip,
            genre,
        });
        save(run, file::VALID_CLIPS, &csv(rows))?;
        save(run, file::CALIB_X, self.calib_x)?;
        save(run, file::CURVES, self.curves)?;
        let mut json = serde_json::to_vec_pretty(self.summary).unwrap_or_default();
        json.push(b'\n');
        save(run, file::METRICS, &json)?;
        Ok(self.record.write(run)?)
    }
}

/// Writes one file of a run folder, whole or not at all.
pub(super) fn save(run: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = run.join(name);
    write_atomic(&path, bytes).map_err(Error::io(&path))
}
