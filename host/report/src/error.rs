//! Why there is no report.

use std::path::PathBuf;

/// Errors of reading runs and of drawing; each names the file or folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The run folder's record is not there, no record, or one of another version.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// A run folder that is not complete.
    #[error(transparent)]
    Unfinished(#[from] needledrop_judging::evaluate::Error),
    /// A file of a run folder that is not what the others say.
    #[error("{}: {reason}; train the model again", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A plot could not be drawn.
    #[error("cannot draw {what}: {reason}")]
    Plot {
        /// Which.
        what: String,
        /// The reason.
        reason: String,
    },
}
