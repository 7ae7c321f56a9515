//! Why there is no ensemble: errors of runs that do not fit together; the others are those of training.

use needledrop_networks::onnx::merge;
use std::path::PathBuf;

/// Errors of making an ensemble; each says which run and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing to average.
    #[error("an ensemble averages two runs or more, {given} given; name them before --run")]
    TooFew {
        /// Runs given.
        given: usize,
    },
    /// A run folder that is not there or not complete.
    #[error(
        "{}: no finished run: {missing} is not there; train one with `needledrop train --run {}`, with --resume if \
         that was stopped",
        run.display(),
        run.display()
    )]
    Unfinished {
        /// Run folder.
        run: PathBuf,
        /// What it lacks.
        missing: &'static str,
    },
    /// The same network twice.
    #[error("{} has the same network as {}; give each run once", run.display(), first.display())]
    Twice {
        /// Run folder.
        run: PathBuf,
        /// The run folder before it.
        first: PathBuf,
    },
    /// An ensemble as a member, whose share would be a guess.
    #[error("{}: is an ensemble itself; give its members instead: {}", run.display(), members.join(", "))]
    Nested {
        /// Run folder.
        run: PathBuf,
        /// Names of its members.
        members: Vec<String>,
    },
    /// A run that no board can hear with.
    #[error("{}: was trained on fma518, which is for study; an ensemble takes runs on logmel or pcm", run.display())]
    Study {
        /// Run folder.
        run: PathBuf,
    },
    /// Runs that are not of one kind.
    #[error(
        "{} has {what} {found}, {} has {expected}; an ensemble takes runs of one data set, split, frontend and input",
        run.display(),
        first.display()
    )]
    Differs {
        /// Which property.
        what: &'static str,
        /// Run folder.
        run: PathBuf,
        /// What it has.
        found: String,
        /// The first run folder.
        first: PathBuf,
        /// What that has.
        expected: String,
    },
    /// The data set is not the one that the members were trained on.
    #[error(
        "{}: its {what} digest is {found}, the runs were trained on {expected}; give the --data that they were \
         trained on, or leave it out",
        set.display()
    )]
    OtherData {
        /// Data set.
        set: PathBuf,
        /// `data` or `split`.
        what: &'static str,
        /// Its digest.
        found: String,
        /// The members'.
        expected: String,
    },
    /// Files of a run folder that contradict each other.
    #[error("{}: {reason}; train it again", run.display())]
    Damaged {
        /// Run folder.
        run: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A graph that can't be merged.
    #[error("{}: {reason}", run.display())]
    Merge {
        /// Run folder.
        run: PathBuf,
        /// Why.
        reason: merge::Error,
    },
    /// A member does not run.
    #[error("{}", run.display())]
    Infer {
        /// Run folder.
        run: PathBuf,
        /// Why.
        source: needledrop_infer::Error,
    },
    /// The operating system's.
    #[error("{}: {reason}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// The reason.
        reason: std::io::Error,
    },
    /// A run folder's.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// The data set's.
    #[error(transparent)]
    Data(#[from] needledrop_data::Error),
    /// Of what training and an ensemble share.
    #[error(transparent)]
    Train(#[from] crate::error::Error),
}
