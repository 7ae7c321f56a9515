//! Why a training run ended without a model: one enum for networks and classic models, with what is left and the next
//! step in each sentence.

use needledrop_networks::backend::DeviceError;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Errors of training; each says what, where and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system's.
    #[error("{}: {reason}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// The reason.
        reason: std::io::Error,
    },
    /// The data set's.
    #[error(transparent)]
    Data(#[from] needledrop_data::Error),
    /// The run folder's.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// tract's, on the network just written.
    #[error("the network written does not run in tract")]
    Infer(#[from] needledrop_infer::Error),
    /// A classic model could not be fitted.
    #[error(transparent)]
    Classic(#[from] crate::classic::Error),
    /// The weights to start from do not fit.
    #[error(transparent)]
    Pretrained(#[from] needledrop_networks::pretrained::Error),
    /// The weights to start from are not those that the settings name.
    #[error(
        "the settings name the weights {}, given are {}",
        expected.as_deref().unwrap_or("none"),
        actual.as_deref().unwrap_or("none")
    )]
    OtherWeights {
        /// SHA-256 that the settings name, 64 hex; none for random weights.
        expected: Option<String>,
        /// That of the weights given.
        actual: Option<String>,
    },
    /// The device can't be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The device failed in the middle of the run.
    #[error("{error}; {}; {}", what_stands(run, *kept), go_on(error, *kept))]
    DeviceLost {
        /// How.
        error: DeviceError,
        /// Last epoch whose checkpoint stands; 0 for none.
        kept: usize,
        /// Run folder.
        run: PathBuf,
    },
    /// Not a model of ours.
    #[error("unknown model {name}; `needledrop models` lists {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// An ensemble is not trained.
    #[error(
        "an ensemble is made of finished runs, not of data: needledrop ensemble RUN... --run DIR"
    )]
    NotTrained,
    /// Nothing to tell apart.
    #[error("{}: {found} in its training clips; a classifier needs two labels or more", path.display())]
    TooFewLabels {
        /// Data set.
        path: PathBuf,
        /// What there is.
        found: String,
    },
    /// Windows that the network's layers leave nothing of.
    #[error(
        "{model} needs windows of {least} rows or more, this data has {rows}; take another model, or longer clips"
    )]
    TooShort {
        /// Model.
        model: &'static str,
        /// Fewest rows.
        least: usize,
        /// Rows there are.
        rows: usize,
    },
    /// What is no music can't be told from it with one group of either.
    #[error(
        "the clips of no-music, or all others, are of one group: add clips of other recordings, with their sources as \
         column artist of the manifest"
    )]
    OneNoise,
    /// No clip can show how sure a tagger's answers are.
    #[error(
        "no validation clip of a genre that the tags name: those are {genres}; the data set has {labels}"
    )]
    NoTaggedClips {
        /// Labels of the tagger.
        genres: String,
        /// Labels of the data set.
        labels: String,
    },
    /// Published weights know another frontend.
    #[error(
        "the weights of {model} were trained on preset {preset}, this data set is of {actual}; prepare the music for \
         it: needledrop prepare --data MUSIC --out DIR --preset {preset}"
    )]
    OtherFrontend {
        /// Model.
        model: &'static str,
        /// Preset wanted.
        preset: &'static str,
        /// The data set's.
        actual: String,
    },
    /// A teacher can't teach.
    #[error("--teacher: {reason}")]
    Teacher {
        /// Why.
        reason: String,
    },
    /// A split without clips.
    #[error("{}: no {split} clips{}", path.display(), why_empty(losses, *split, *imported))]
    EmptySplit {
        /// Data set.
        path: PathBuf,
        /// Which.
        split: needledrop_data::Split,
        /// Whether it was imported with a table that says each clip's split.
        imported: bool,
        /// What reading the data set had to leave out.
        losses: needledrop_data::Losses,
    },
    /// The run folder holds something.
    #[error("{}: not empty; {instead} or give another --run", path.display())]
    NotEmpty {
        /// Run folder.
        path: PathBuf,
        /// What can be done with it: not all runs go on.
        instead: &'static str,
    },
    /// Another process trains into the folder.
    #[error(
        "{}: another `needledrop train` or `ensemble` is writing it; wait for it or give another --run",
        path.display()
    )]
    Busy {
        /// Run folder.
        path: PathBuf,
    },
    /// The run was started otherwise.
    #[error(
        "{}: the run was started with {}; resume with that, or give another --run",
        path.display(),
        differences.join(", ")
    )]
    OtherSettings {
        /// Checkpoint.
        path: PathBuf,
        /// `name was, not is`.
        differences: Vec<String>,
    },
    /// The checkpoint's bytes are not what was written.
    #[error("{}: damaged checkpoint ({reason}); delete the run folder and train again", path.display())]
    BadCheckpoint {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The loss is infinite or not a number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {step}; {}; train again with a smaller --rate",
        what_stands(run, *kept)
    )]
    NotFinite {
        /// Epoch, from 1.
        epoch: usize,
        /// Batch of the epoch, from 1.
        step: usize,
        /// The loss.
        loss: f32,
        /// Last epoch whose checkpoint stands; 0 for none.
        kept: usize,
        /// Run folder.
        run: PathBuf,
    },
    /// The network answers validation windows with what is no number.
    #[error(
        "the network's answers are no numbers after epoch {epoch}; {}; train again with a smaller --rate",
        what_stands(run, *kept)
    )]
    AnswersNotFinite {
        /// Epoch, from 1.
        epoch: usize,
        /// Last epoch whose checkpoint stands; 0 for none.
        kept: usize,
        /// Run folder.
        run: PathBuf,
    },
    /// The trainer and tract disagree about the model written.
    #[error(
        "the trainer's and tract's logits differ by {} in {file}, allowed are {allowed:.1e}: a bug of the ONNX \
         writer, please report it",
        difference.map_or("no number".to_owned(), |difference| format!("{difference:.1e}"))
    )]
    Parity {
        /// Which of the run's networks.
        file: &'static str,
        /// Largest difference of a logit; none when one was no number.
        difference: Option<f64>,
        /// Largest allowed.
        allowed: f64,
    },
}

/// Why a split has no clips, and what to do.
fn why_empty(
    losses: &needledrop_data::Losses,
    split: needledrop_data::Split,
    imported: bool,
) -> String {
    if losses.is_empty() && imported {
        return format!(
            "; training learns from train and stops by valid: import it again with some rows of clips.csv given the \
             split {split}"
        );
    }
    if losses.is_empty() {
        return "; prepare it with more clips a genre, or with another --split".to_owned();
    }
    format!(" left of a damaged data set: {losses}; prepare it again")
}

/// What a run that broke off left.
fn what_stands(run: &Path, kept: usize) -> String {
    match kept {
        0 => format!("{} has no checkpoint yet", run.display()),
        kept => format!("{} has the checkpoint of epoch {kept}", run.display()),
    }
}

/// What to do after a device failed: the batch is one of the settings that a resumed run must share.
fn go_on(error: &DeviceError, kept: usize) -> &'static str {
    let short = matches!(
        error,
        DeviceError::BrokeOff {
            out_of_memory: true,
            ..
        }
    );
    match (short, kept) {
        (true, 0) => {
            "train again with a smaller --batch, or end what else uses the device's memory"
        }
        (true, _) => {
            "end what else uses the device's memory and go on with --resume, or train another --run with a smaller \
             --batch"
        }
        (false, 0) => "train again, or with --device cpu",
        (false, _) => "go on with --resume",
    }
}

impl Error {
    /// For `map_err`: an I/O error of `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |reason| Self::Io {
            path: path.to_owned(),
            reason,
        }
    }

    /// A checkpoint that is not as it was written.
    pub(crate) fn bad_checkpoint(path: &Path, reason: impl Display) -> Self {
        Self::BadCheckpoint {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
