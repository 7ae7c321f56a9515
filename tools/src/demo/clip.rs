//! A clip before it was played, a file and its genre, and after: the answer and every line of the port.

use std::path::PathBuf;

use needledrop_protocol::{Counts, SampleTime, Tag};

/// A clip and what it truly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clip {
    /// What people call it: its path within the corpus, without the ending.
    pub(super) name: String,
    /// Audio file.
    pub(super) path: PathBuf,
    /// Its genre, or `no-music`.
    pub(super) genre: String,
}

/// What came out of the serial port for one clip.
#[derive(Clone, Debug)]
pub(super) struct Played {
    /// The clip.
    pub(super) clip: Clip,
    /// What the board says of the clip as a whole: its record flagged as the last one.
    pub(super) answer: Option<Tag>,
    /// On the clip's own clock, the time of the first tag that was right.
    pub(super) first_right: Option<SampleTime>,
    /// Records, and what was lost or damaged.
    pub(super) counts: Counts,
    /// Every line as it came, without its end.
    pub(super) lines: Vec<Vec<u8>>,
}
