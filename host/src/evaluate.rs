//! How good a model is on a prepared data set.
//!
//! One inference path for runs and packed models: the ONNX graph in tract, as on the board, on the very windows that
//! the board would cut, clips spread over all cores. A packed model is judged with its calibration, a run without.

use crate::data::{Clip, Dataset, Kind, Losses, Split, StreamOptions, label_width};
use crate::metrics::{Answers, Summary};
use crate::train::window::for_each_window;
use needledrop_bundle::{InputKind, ModelFile, Origin, RunInput, RunRecord, Window, file};
use needledrop_infer::{Calibration, Net};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod vectors;

/// Bytes of clips that are judged at a time, on all cores.
const BATCH_BYTES: usize = 64 << 20;

/// Errors of evaluation and prediction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data set's.
    #[error(transparent)]
    Data(#[from] crate::data::Error),
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
        for missing in [file::RECORD, file::MODEL] {
            if !run.join(missing).exists() {
                return Err(Error::Unfinished {
                    run: run.to_owned(),
                    missing,
                });
            }
        }
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

/// Mean over windows of `[windows, classes]`.
pub fn mean_probabilities(windows: &[f64], classes: usize) -> Vec<f64> {
    let mut mean = vec![0.0; classes];
    let n = (windows.len() / classes) as f64;
    for row in windows.chunks_exact(classes) {
        for (mean, p) in mean.iter_mut().zip(row) {
            *mean += p / n;
        }
    }
    mean
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
    /// By window.
    pub windows: Summary,
    /// Windows by true label (rows) and answer (columns).
    pub window_confusion: Vec<Vec<u64>>,
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
pub fn evaluate(subject: &Subject, set: &Path, split: Split) -> Result<(Report, Losses), Error> {
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
    let (mut by_clip, mut by_window) = (Answers::new(classes), Answers::new(classes));
    for (_, label, windows) in &judged {
        by_clip.push(*label, &mean_probabilities(windows, classes));
        for row in windows.chunks_exact(classes) {
            by_window.push(*label, row);
        }
    }
    let report = Report {
        labels: subject.labels.clone(),
        confusion: by_clip.confusion(),
        clips: by_clip.summary(&subject.labels),
        windows: by_window.summary(&subject.labels),
        window_confusion: by_window.confusion(),
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

impl Report {
    /// For a person: figures and the clips' confusion matrix.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            out.push_str(text.trim_end());
            out.push('\n');
        };
        line(format!(
            "{:<8} {:>7} {:>9} {:>9} {:>9} {:>7}",
            self.split, "n", "accuracy", "macro-F1", "log-loss", "ECE"
        ));
        for (name, s) in [("clips", &self.clips), ("windows", &self.windows)] {
            line(format!(
                "{name:<8} {:>7} {:>9.3} {:>9.3} {:>9.3} {:>7.3}",
                s.n, s.accuracy, s.macro_f1, s.log_loss, s.ece
            ));
        }
        for (name, s) in [("clips", &self.clips), ("windows", &self.windows)] {
            if let Some(genre) = s.genre_macro_f1 {
                let share = |share: Option<f64>| {
                    share.map_or("-".to_owned(), |share| format!("{share:.3}"))
                };
                line(format!(
                    "{name}: genre macro-F1 without no-music {genre:.3}; no-music recall {}, false-tag rate {}",
                    share(s.no_music_recall),
                    share(s.false_tag_rate)
                ));
            }
        }
        let width = label_width(&self.labels);
        line(String::new());
        line(format!(
            "clips: truth in rows, answers in columns\n{:width$}  {}",
            "",
            (0..self.labels.len())
                .map(|column| format!("{:>5}", format!("({})", column + 1)))
                .collect::<String>()
        ));
        for (row, (label, counts)) in self.labels.iter().zip(&self.confusion).enumerate() {
            let cells: String = counts
                .iter()
                .map(|&count| match count {
                    0 => format!("{:>5}", "."),
                    count => format!("{count:>5}"),
                })
                .collect();
            line(format!("{label:width$}  {cells}  ({})", row + 1));
        }
        for (genre, count) in &self.unknown_genres {
            line(format!(
                "left out: {count} clips of {genre}, which the model does not know"
            ));
        }
        if self.empty_clips > 0 {
            line(format!(
                "left out: {} clips shorter than one frame",
                self.empty_clips
            ));
        }
        out
    }
}
