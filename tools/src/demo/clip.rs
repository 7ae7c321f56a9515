//! A clip before and after it was played.

use std::path::PathBuf;

use needledrop_protocol::{Counts, Tag};

/// A clip and what it truly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Audio file.
    pub path: PathBuf,
    /// Its genre, or `no-music`.
    pub genre: String,
}

/// What came out of the serial port for one clip.
#[derive(Clone, Debug)]
pub struct Played {
    /// The clip.
    pub clip: Clip,
    /// What the board says of the clip as a whole: its record flagged as the last one.
    pub answer: Option<Tag>,
    /// Records, and what was lost or damaged.
    pub counts: Counts,
}
