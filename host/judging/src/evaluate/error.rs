//! What can go wrong while judging.

use needledrop_data::{Losses, Split};
use std::path::PathBuf;

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
    #[error("{}: no finished run: {missing} is not there; \
        train one with `needledrop train --run {}`, with --resume if that was stopped", run.display(), run.display())]
    Unfinished {
        /// Run folder.
        run: PathBuf,
        /// What it lacks.
        missing: &'static str,
    },
    /// Features of another origin than the model's.
    #[error("{} has features {data}, {} was trained on {model}; \
        prepare or import the data as the model's were, or train again", set.display(), path.display())]
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
