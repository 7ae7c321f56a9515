//! Whether anybody speaks at the other end.

use std::time::Duration;

/// A status comes at least every 10 s; after this long without a record the board counts as silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(15);

/// State of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Open, and no record has come since it was opened.
    Waiting,
    /// Records come.
    Live,
    /// Open, and no record for [`SILENT_AFTER`].
    Silent,
    /// Gone, and why; it is tried again.
    Away(String),
    /// A file or stdin at its end.
    Ended,
}

impl Link {
    /// What was heard last is no longer what is.
    pub fn is_dead(&self) -> bool {
        matches!(self, Self::Waiting | Self::Silent | Self::Away(_))
    }
}
