//! Why a sound card can't be opened or listed.
use crate::{
    limits::{MAX_RATE_HZ, MIN_RATE_HZ},
    queue::Busy,
};

/// Why a device can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The sound system's reason.
    #[error(transparent)]
    System {
        /// Its words.
        #[from]
        source: cpal::Error,
    },
    /// No input of that name.
    #[error("there is no such input; `needledrop-device devices` lists what there is")]
    NotFound,
    /// No rate, format and channel count that can be used.
    #[error("it offers no PCM between {} and {} kHz", MIN_RATE_HZ / 1_000, MAX_RATE_HZ / 1_000)]
    NoFormat,
    /// The stream before this one still holds the queue.
    #[error(transparent)]
    Busy {
        /// Reason.
        #[from]
        source: Busy,
    },
}
