//! Why a source can't be opened, in sentences that say which.
use crate::{capture::CaptureError, queue::Busy, wav::WavError};
use std::io;

/// Why a source can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A device; trying again later may help.
    #[error("audio input {name}")]
    Capture {
        /// Device.
        name: String,
        /// Reason.
        source: CaptureError,
    },
    /// The stream before this one still holds the queue.
    #[error(transparent)]
    Busy {
        /// Reason.
        #[from]
        source: Busy,
    },
    /// A file.
    #[error(transparent)]
    File {
        /// The decoder's reason, with the path.
        #[from]
        source: needledrop_audio::Error,
    },
    /// A WAV header on standard input.
    #[error("standard input")]
    Wav {
        /// Reason.
        #[from]
        source: WavError,
    },
    /// Standard input can't be read.
    #[error("standard input")]
    Stdin {
        /// The operating system's reason.
        #[from]
        source: io::Error,
    },
    /// Raw samples without a rate.
    #[error("standard input is not WAV; raw 16-bit samples need their rate: --rate HZ")]
    NoRate,
    /// The program was told to end before there was anything to hear.
    #[error("told to stop")]
    Stopped,
}
