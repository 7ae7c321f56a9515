//! The window of a model: how many values, of how many rows, and how far apart two windows begin.
use serde::{Deserialize, Serialize};

/// Most values a window may have (32 MiB of `i16`); bounds what a reader allocates.
pub const MAX_WINDOW_VALUES: usize = 1 << 24;

/// Window of a model in rows: log-mel frames, or PCM samples for input `pcm` (bands 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Rows in a window.
    pub frames: usize,
    /// Rows between the starts of two windows.
    pub hop: usize,
    /// Values in a row.
    pub bands: usize,
}

impl Window {
    /// Values in a window: `frames * bands`.
    pub fn values(&self) -> usize {
        self.frames * self.bands
    }
}
