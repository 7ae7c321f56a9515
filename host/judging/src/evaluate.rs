//! How good a model is on a prepared data set.
//!
//! One inference path for runs and packed models: the ONNX graph in tract, as on the board, on the very windows that
//! the board would cut, clips spread over all cores. A packed model is judged with its calibration, a run without.

use crate::metrics::{Figures, Levels, Segments, Summary, VoteSummary};
use crate::windows::for_each_window;
use needledrop_bundle::{InputKind, ModelFile, Origin, RunInput, RunRecord, Window, file};
use needledrop_data::window::row_seconds;
use needledrop_data::{Clip, Dataset, Kind, Losses, Split, StreamOptions};
use needledrop_infer::{Calibration, Net};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod table;
mod vectors;

/// Bytes of clips that are judged at a time, on all cores.
const BATCH_BYTES: usize = 64 << 20;

/// Errors of evaluation and prediction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data set's.
    #[error(transparent)]
    Data(#[from] needledrop_data::Error),
    /// The model file's or run folder's.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// The operating system's.
    #[error("{}: {reason}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// The reason.
        reason: std::io::Error,
    },
    /// The runtime's.
    #[error("{}", path.display())]
    Infer {
        /// Model.
        path: PathBuf,
        /// The reason.
        source: needledrop_infer::Error,
    },
    /// A run folder that is not there or not complete.
    #[error("{}: no finished run: {missing} is not there; train one with `needledrop train --run {}`, with --resume if that was stopped", run.display(), run.display())]
    Unfinished {
        /// Run folder.
        run: PathBuf,
        /// What it lacks.
        missing: &'static str,
    },
    /// Features of another origin than the model's.
    #[error("{} has features {data}, {} was trained on {model}; prepare or import the data as the model's were, or train again", set.display(), path.display())]
    Origin {
        /// Data set.
        set: PathBuf,
        /// Model.
        path: PathBuf,
        /// The data set's.
        data: String,
        /// The model's.
        model: String,
    },
    /// The split is not there.
    #[error("{}: holds no {split} clips, it has {there}; choose with --split", set.display())]
    EmptySplit {
        /// Data set.
        set: PathBuf,
        /// Which split.
        split: Split,
        /// Clips of those that are there.
        there: String,
    },
    /// No clip to judge by.
    #[error("{}: no {split} clip has a label of the model's ({labels}){}", set.display(), because_of(losses))]
    Nothing {
        /// Data set.
        set: PathBuf,
        /// Which split.
        split: Split,
        /// The model's labels.
        labels: String,
        /// What reading the data set had to leave out.
        losses: Losses,
    },
}

/// What reading had to leave out may be why there is nothing.
fn because_of(losses: &Losses) -> String {
    if losses.is_empty() {
        return String::new();
    }
    format!("; the data set is damaged: {losses}; prepare it again")
}

/// Whether a run folder has these files.
///
/// # Errors
/// [`Error::Unfinished`].
pub fn check_finished(run: &Path, files: &[&'static str]) -> Result<(), Error> {
    match files.iter().find(|file| !run.join(file).exists()) {
        None => Ok(()),
        Some(missing) => Err(Error::Unfinished {
            run: run.to_owned(),
            missing,
        }),
    }
}

/// A network with what is needed to judge it.
#[derive(Debug)]
pub struct Subject {
    path: PathBuf,
    onnx: Vec<u8>,
    /// Labels in the order of the logits.
    pub labels: Vec<String>,
    /// Window.
    pub window: Window,
    kind: Kind,
    origin: Origin,
    calibration: Calibration,
}

impl Subject {
    /// The network of a run folder, not calibrated.
    ///
    /// # Errors
    /// [`Error::Unfinished`], [`Error::Bundle`], [`Error::Io`].
    pub fn of_run(run: &Path) -> Result<Self, Error> {
        check_finished(run, &[file::RECORD, file::MODEL])?;
        let record = RunRecord::read(run)?;
        let path = run.join(file::MODEL);
        let onnx = std::fs::read(&path).map_err(|reason| Error::Io {
            path: path.clone(),
            reason,
        })?;
        Ok(Self {
            path,
            onnx,
            labels: record.labels,
            kind: match record.input {
                RunInput::Pcm => Kind::Pcm,
                RunInput::Fma518 => Kind::Fma518,
                _ => Kind::LogMel,
            },
            window: record.window,
            origin: record.origin,
            calibration: Calibration { temperature: 1.0 },
        })
    }

    /// A packed model, verified, with its calibration.
    ///
    /// # Errors
    /// [`Error::Bundle`].
    pub fn of_model(path: &Path) -> Result<Self, Error> {
        let ModelFile { metadata, onnx, .. } = ModelFile::read(path)?;
        Ok(Self {
            path: path.to_owned(),
            onnx,
            labels: metadata.labels,
            kind: match metadata.input {
                InputKind::Pcm => Kind::Pcm,
                _ => Kind::LogMel,
            },
            window: metadata.window,
            origin: metadata.origin,
            calibration: Calibration {
                temperature: f64::from(metadata.temperature),
            },
        })
    }

    /// Time between two windows; none of imported matrices.
    fn hop_seconds(&self) -> Option<f64> {
        row_seconds(&self.origin, self.kind).map(|row| row * self.window.hop as f64)
    }

    fn load(&self) -> Result<Net, Error> {
        let classes = self.labels.len();
        let net = match self.kind {
            Kind::Fma518 => Net::load_features(&self.onnx, self.window.bands, classes),
            _ => Net::load(&self.onnx, &self.window, classes),
        };
        net.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: needledrop_infer::Error) -> Error {
        Error::Infer {
            path: self.path.clone(),
            source,
        }
    }

    /// Probabilities of every window of a clip, `[windows, classes]`.
    fn clip_probabilities(&self, net: &mut Net, clip: &Clip) -> Result<Vec<f64>, Error> {
        let classes = self.labels.len();
        let mut logits = vec![0.0; classes];
        let mut all = Vec::new();
        let mut failed = None;
        for_each_window(&clip.read()?, self.window, |_, values| {
            if failed.is_some() {
                return;
            }
            let at = all.len();
            all.resize(at + classes, 0.0);
            match net.logits(values, &mut logits) {
                Ok(()) => self.calibration.probabilities(&logits, &mut all[at..]),
                Err(source) => failed = Some(self.failed(source)),
            }
        });
        failed.map_or(Ok(all), Err)
    }
}

/// What `evaluate --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Labels in the order of rows and columns.
    pub labels: Vec<String>,
    /// Clips by true label (rows) and answer (columns).
    pub confusion: Vec<Vec<u64>>,
    /// By clip: mean of its windows' probabilities.
    pub clips: Summary,
    /// By clip: what most windows say, of equals the larger mean.
    pub majority: VoteSummary,
    /// By segment: mean of the windows that start in it.
    pub segments: Summary,
    /// By window.
    pub windows: Summary,
    /// Clips by true label (rows) and what most windows say (columns).
    pub majority_confusion: Vec<Vec<u64>>,
    /// Segments by true label (rows) and answer (columns).
    pub segment_confusion: Vec<Vec<u64>>,
    /// Windows by true label (rows) and answer (columns).
    pub window_confusion: Vec<Vec<u64>>,
    /// How clips were cut into segments.
    pub segment_rule: Segments,
    /// Which split.
    pub split: Split,
    /// Softmax temperature; 1 for a run, which is not calibrated.
    pub temperature: f64,
    /// Clips left out because the model has no such label, by genre.
    pub unknown_genres: BTreeMap<String, u64>,
    /// Clips left out because they hold no frame.
    pub empty_clips: u64,
}

/// Judges a network by one split of a data set; also gives what reading had to leave out.
///
/// # Errors
/// Every [`Error`].
pub fn evaluate(
    subject: &Subject,
    set: &Path,
    split: Split,
    segment_rule: Segments,
) -> Result<(Report, Losses), Error> {
    let data = Dataset::open(set)?;
    if !subject.origin.is_same(&data.record.origin) {
        return Err(Error::Origin {
            set: set.to_owned(),
            path: subject.path.clone(),
            data: data.record.origin.to_string(),
            model: subject.origin.to_string(),
        });
    }
    let counts = &data.record.counts;
    if counts.get(&split).is_none_or(|counts| counts.clips == 0) {
        let there: Vec<String> = counts
            .iter()
            .map(|(split, counts)| format!("{} {split}", counts.clips))
            .collect();
        return Err(Error::EmptySplit {
            set: set.to_owned(),
            split,
            there: there.join(" and "),
        });
    }
    // A network for each thread; the first one also says early that it can't be loaded.
    subject.load()?;
    let Judged {
        clips: mut judged,
        unknown_genres,
        empty_clips,
        losses,
    } = match subject.kind {
        Kind::Fma518 => vectors::judge(subject, &data, split)?,
        _ => judge(subject, &data, split)?,
    };
    if judged.is_empty() {
        let labels = subject.labels.join(", ");
        return Err(Error::Nothing {
            set: set.to_owned(),
            split,
            labels,
            losses,
        });
    }
    // Sums depend on the order of their terms: by id it is the same however the clips lie in shards.
    judged.sort_by(|a, b| a.0.cmp(&b.0));
    let classes = subject.labels.len();
    let mut levels = Levels::new(classes, segment_rule, subject.hop_seconds());
    for (_, label, windows) in &judged {
        levels.push(*label, windows);
    }
    let Figures {
        clips,
        majority,
        segments,
        windows,
    } = levels.figures(&subject.labels);
    let report = Report {
        labels: subject.labels.clone(),
        confusion: levels.clips.confusion(),
        clips,
        majority,
        segments,
        windows,
        majority_confusion: levels.majority,
        segment_confusion: levels.segments.confusion(),
        window_confusion: levels.windows.confusion(),
        segment_rule,
        split,
        temperature: subject.calibration.temperature,
        unknown_genres,
        empty_clips,
    };
    Ok((report, losses))
}

/// What a network says of the clips of a split.
#[derive(Default)]
struct Judged {
    /// Identity, label, and probabilities `[windows, classes]` of each clip whose label the network knows.
    clips: Vec<(String, usize, Vec<f64>)>,
    unknown_genres: BTreeMap<String, u64>,
    empty_clips: u64,
    losses: Losses,
}

fn judge(subject: &Subject, data: &Dataset, split: Split) -> Result<Judged, Error> {
    let mut unknown_genres = BTreeMap::new();
    let mut empty_clips = 0;
    let mut judged = Vec::new();
    let mut stream = data.stream(subject.kind, split, &StreamOptions::default())?;
    loop {
        let clips = stream.next_batch(BATCH_BYTES)?;
        if clips.is_empty() {
            break;
        }
        let mut known = Vec::new();
        for clip in clips {
            match subject.labels.iter().position(|label| *label == clip.genre) {
                None => *unknown_genres.entry(clip.genre).or_insert(0) += 1,
                Some(_) if clip.rows == 0 => empty_clips += 1,
                Some(label) => known.push((clip, label)),
            }
        }
        let answers: Vec<(String, usize, Vec<f64>)> = known
            .into_par_iter()
            .map_init(
                || subject.load(),
                |net, (clip, label)| {
                    let probabilities = match net {
                        Ok(net) => subject.clip_probabilities(net, &clip)?,
                        Err(_) => subject.clip_probabilities(&mut subject.load()?, &clip)?,
                    };
                    Ok((clip.id, label, probabilities))
                },
            )
            .collect::<Result<_, Error>>()?;
        judged.extend(answers);
    }
    Ok(Judged {
        clips: judged,
        unknown_genres,
        empty_clips,
        losses: stream.losses(),
    })
}
