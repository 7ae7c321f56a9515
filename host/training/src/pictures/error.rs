//! Why there are no pictures of a run.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Errors of making pictures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No finished run.
    #[error(transparent)]
    Run(needledrop_judging::evaluate::Error),
    /// The checkpoint's.
    #[error(transparent)]
    Train(#[from] crate::error::Error),
    /// The run folder's.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// A file of the run folder that is not as it was written.
    #[error("{}: {reason}; train the run again", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A name that no convolution has.
    #[error("the network has no convolution {name}; it has {known}")]
    UnknownConvolution {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

impl Error {
    pub(super) fn damaged(path: &Path, reason: impl Display) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
