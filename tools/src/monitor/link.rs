//! Whether anybody speaks at the other end: the states of a line.

use std::time::Duration;

use needledrop_protocol::STATUS_SECONDS;

/// Longest time between two statuses of a board that works.
pub const STATUS_DUE: Duration = Duration::from_secs(STATUS_SECONDS as u64);

/// After this long without a record the board counts as silent.
pub const SILENT_AFTER: Duration = STATUS_DUE.saturating_add(Duration::from_secs(5));

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
