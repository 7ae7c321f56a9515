//! What can go wrong with an audio file, in sentences that name it.

use std::path::PathBuf;

/// Errors of this crate; each names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file can't be opened or read.
    #[error("{}: cannot read: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// No known container or codec: a text file named `.mp3`, for example.
    #[error("{}: not a readable audio file: {reason}; mp3, m4a, flac, ogg vorbis, wav, aiff and au can be read", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// A readable container without one sample of audio.
    #[error("{}: contains no audio", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The container broke in a way that leaves nothing more to read, before any sample was decoded.
    #[error("{}: damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// The stream changes its rate midway; one clip has one rate.
    #[error("{}: sample rate changes from {from_hz} to {to_hz} Hz midway; split the file", path.display())]
    RateChange {
        /// The file.
        path: PathBuf,
        /// Rate at the start.
        from_hz: u32,
        /// Rate after the change.
        to_hz: u32,
    },
}
