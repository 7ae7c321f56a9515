//! What can go wrong with a data set.

use std::path::{Path, PathBuf};

/// Errors of reading and writing data sets; each names the file or value.
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
    /// The folder holds no `dataset.json`.
    #[error("{}: not a data set: it has neither dataset.json nor shards (.tfrecord); \
        make one with `needledrop prepare`", path.display())]
    NotADataset {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds a part of a data set.
    #[error("{}: is part {part} of {parts} of a data set; \
        join all parts with `needledrop data merge PART.. --out DIR`", path.display())]
    Part {
        /// The folder.
        path: PathBuf,
        /// Which.
        part: u32,
        /// Of how many.
        parts: u32,
    },
    /// `dataset.json` does not say what it must.
    #[error("{}: {reason}", path.display())]
    BadRecord {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The data set was not made by a version this one can read.
    #[error("{}: data set format {actual}, this version reads {expected}; prepare it again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Ours.
        expected: u32,
        /// Theirs.
        actual: u32,
    },
    /// Features of another frontend than this program's, or than the rest of the data set's.
    #[error("{}: features of frontend {actual}, expected those of {expected}; prepare the data again", path.display())]
    Frontend {
        /// The file.
        path: PathBuf,
        /// This program's, or the data set's for one of its records.
        expected: String,
        /// What is stored.
        actual: String,
    },
    /// The data set does not hold this kind.
    #[error("{}: holds no {kind} shards; prepare it with --kinds {kind}", path.display())]
    MissingKind {
        /// The folder.
        path: PathBuf,
        /// Name of the kind that was asked for.
        kind: &'static str,
    },
    /// Shards without `dataset.json` that make no data set.
    #[error("{}: {reason}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A shard that is not the file it was when its records were found.
    #[error("{}: changed while it was being used; start again", path.display())]
    Changed {
        /// The shard.
        path: PathBuf,
    },
    /// A record whose bytes are sound but whose content is not ours.
    #[error("{}: record {index}: {reason}", path.display())]
    BadExample {
        /// The shard.
        path: PathBuf,
        /// Position of the record, from 0.
        index: u64,
        /// What is wrong.
        reason: String,
    },
    /// Not a kind.
    #[error("unknown kind {name}; known are logmel, pcm and fma518")]
    UnknownKind {
        /// What was given.
        name: String,
    },
    /// Not a split.
    #[error("unknown split {name}; known are train, valid and test")]
    UnknownSplit {
        /// What was given.
        name: String,
    },
}

impl Error {
    /// A record at position `index` of a shard that is not what it must be.
    pub(crate) fn bad_example(path: &Path, index: u64, reason: String) -> Self {
        Self::BadExample {
            path: path.to_owned(),
            index,
            reason,
        }
    }

    /// For `map_err`: an I/O error of `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |reason| Self::Io {
            path: path.to_owned(),
            reason,
        }
    }
}
