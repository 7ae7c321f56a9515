//! A finished run that becomes part of an ensemble: its folder, read and checked against the others.

use super::error::Error;
use crate::run::ClipRow;
use needledrop_bundle::{InputKind, Member as Listed, RunRecord, Window, file, npy};
use needledrop_data::digest::to_hex;
use needledrop_networks::onnx::ensemble::Part;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A run with its place in the ensemble.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its run folder.
    pub(super) run: PathBuf,
    /// `run.json`.
    pub(super) record: RunRecord,
    /// `model.onnx`.
    pub(super) onnx: Vec<u8>,
    /// SHA-256 of it.
    sha256: String,
    /// First rows of its windows within the ensemble's.
    pub(super) starts: Vec<usize>,
    /// Its class for each of the ensemble's.
    pub(super) order: Vec<usize>,
}

impl Member {
    /// Reads a run folder; its place is settled by [`Member::settle`].
    ///
    /// # Errors
    /// [`Error::Unfinished`], [`Error::Nested`], [`Error::Study`], [`Error::Damaged`], [`Error::Io`],
    /// [`Error::Bundle`].
    pub(super) fn read(run: &Path) -> Result<Self, Error> {
        for missing in [
            file::RECORD,
            file::MODEL,
            file::PARITY_X,
            file::VALID_LOGITS,
            file::VALID_LABELS,
            file::VALID_CLIPS,
            file::CALIB_X,
        ] {
            if !run.join(missing).is_file() {
                return Err(Error::Unfinished {
                    run: run.to_owned(),
                    missing,
                });
            }
        }
        let record = RunRecord::read(run)?;
        if !record.members.is_empty() {
            let members = record.members.into_iter().map(|member| member.run);
            return Err(Error::Nested {
                run: run.to_owned(),
                members: members.collect(),
            });
        }
        if record.input.on_board().is_none() {
            return Err(Error::Study {
                run: run.to_owned(),
            });
        }
        let Window { frames, hop, bands } = record.window;
        if frames == 0 || hop == 0 || bands == 0 || record.labels.is_empty() {
            return Err(Error::Damaged {
                run: run.to_owned(),
                reason: format!(
                    "{} has {} labels and windows of {frames} x {bands} every {hop}",
                    file::RECORD,
                    record.labels.len()
                ),
            });
        }
        let onnx = read_file(&run.join(file::MODEL))?;
        Ok(Self {
            run: run.to_owned(),
            sha256: to_hex(&Sha256::digest(&onnx)),
            onnx,
            starts: vec![0],
            order: (0..record.labels.len()).collect(),
            record,
        })
    }

    /// What goes into its graph.
    pub(super) fn input(&self) -> InputKind {
        self.record.input.on_board().unwrap_or(InputKind::LogMel)
    }

    /// Whether runtimes need only agree on its class.
    pub(super) fn is_classic(&self) -> bool {
        self.run.join(file::PARITY_MARGINS).is_file()
    }

    /// Its part of the graph.
    pub(super) fn part(&self) -> Part<'_> {
        Part {
            onnx: &self.onnx,
            frames: self.record.window.frames,
            starts: &self.starts,
            order: &self.order,
        }
    }

    /// How `run.json` lists it.
    pub(super) fn listed(&self) -> Listed {
        Listed {
            run: self.name(),
            model: self.record.model.clone(),
            preset: self.record.preset.clone(),
            seed: self.record.seed,
            window: self.record.window,
            model_sha256: self.sha256.clone(),
        }
    }

    /// Name of its run folder.
    pub(super) fn name(&self) -> String {
        // `runs/a/..` and `.` have a name, too.
        let full = self.run.canonicalize().unwrap_or_else(|_| self.run.clone());
        let name = full.file_name().map(|name| name.to_string_lossy());
        name.unwrap_or_default().into_owned()
    }

    /// Whether it has the same network.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }

    /// Finds its place beside `first`, in an ensemble of this window.
    ///
    /// # Errors
    /// [`Error::Differs`].
    pub(super) fn settle(&mut self, first: &Self, window: Window) -> Result<(), Error> {
        let (ours, theirs) = (&self.record, &first.record);
        let sorted = |record: &RunRecord| {
            let mut labels = record.labels.clone();
            labels.sort();
            labels.join(", ")
        };
        let same = [
            ("labels", sorted(ours), sorted(theirs)),
            ("input", self.input().to_string(), first.input().to_string()),
            (
                "frontend",
                ours.origin.to_string(),
                theirs.origin.to_string(),
            ),
            (
                "bands",
                ours.window.bands.to_string(),
                theirs.window.bands.to_string(),
            ),
            (
                "data digest",
                ours.data_sha256.clone(),
                theirs.data_sha256.clone(),
            ),
            (
                "split digest",
                ours.split_sha256.clone(),
                theirs.split_sha256.clone(),
            ),
        ];
        for (what, found, expected) in same {
            if found != expected {
                return Err(Error::Differs {
                    what,
                    run: self.run.clone(),
                    found,
                    first: first.run.clone(),
                    expected,
                });
            }
        }
        let class_of = |label| ours.labels.iter().position(|ours| ours == label);
        self.order = theirs.labels.iter().filter_map(class_of).collect();
        let Window { frames, hop, .. } = ours.window;
        self.starts = (0..=window.frames.saturating_sub(frames))
            .step_by(hop)
            .collect();
        Ok(())
    }

    /// Logits and clips of the validation windows that it kept, in its own order of classes.
    ///
    /// # Errors
    /// [`Error::Bundle`], [`Error::Damaged`].
    pub(super) fn validation(&self) -> Result<Validation, Error> {
        let classes = self.record.labels.len();
        let logits: npy::Array<f32> = npy::read(&self.run.join(file::VALID_LOGITS), &[classes])?;
        let table = read_file(&self.run.join(file::VALID_CLIPS))?;
        let clips = csv::Reader::from_reader(&table[..])
            .deserialize()
            .collect::<Result<Vec<ClipRow>, _>>()
            .map_err(|error| self.damaged(format!("{}: {error}", file::VALID_CLIPS)))?;
        if clips.len() * classes != logits.values.len() {
            let (rows, windows) = (clips.len(), logits.values.len() / classes);
            let (table, logits) = (file::VALID_CLIPS, file::VALID_LOGITS);
            return Err(self.damaged(format!("{table} has {rows} rows, {logits} {windows}")));
        }
        Ok(Validation {
            logits: logits.values,
            clips,
        })
    }

    /// The parity windows, and the file that holds them.
    ///
    /// # Errors
    /// [`Error::Bundle`], [`Error::Io`].
    pub(super) fn parity_x(&self) -> Result<(Vec<i16>, Vec<u8>), Error> {
        let Window { frames, bands, .. } = self.record.window;
        let row = self.input().axes(frames, bands);
        let path = self.run.join(file::PARITY_X);
        let x: npy::Array<i16> = npy::read(&path, &row)?;
        if x.values.is_empty() {
            return Err(self.damaged(format!("{} has no window", file::PARITY_X)));
        }
        Ok((x.values, read_file(&path)?))
    }

    /// `calib_x.npy` as it is.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn calib_x(&self) -> Result<Vec<u8>, Error> {
        read_file(&self.run.join(file::CALIB_X))
    }

    /// Training clips, as its `metrics.json` has them.
    pub(super) fn train_clips(&self) -> Option<usize> {
        let text = std::fs::read(self.run.join(file::METRICS)).ok()?;
        let metrics: serde_json::Value = serde_json::from_slice(&text).ok()?;
        usize::try_from(metrics.get("train_clips")?.as_u64()?).ok()
    }

    fn damaged(&self, reason: String) -> Error {
        Error::Damaged {
            run: self.run.clone(),
            reason,
        }
    }
}

/// What a run kept of its validation windows.
#[derive(Clone, Debug)]
pub(super) struct Validation {
    /// `[windows, classes]`.
    pub(super) logits: Vec<f32>,
    /// The clip of each window; windows of a clip lie together, in the order of time.
    pub(super) clips: Vec<ClipRow>,
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|reason| Error::Io {
        path: path.to_owned(),
        reason,
    })
}
