//! What every reader says: one step of decoding, or why there is none.

use std::io::{self, ErrorKind};

/// Why a stream can't be opened or read on.
pub(crate) enum Failure {
    /// The operating system.
    Io(io::Error),
    /// The format, in words.
    Format(String),
}

impl Failure {
    /// A file that ends where bytes were promised is damaged; all else is the operating system's.
    pub(crate) fn of_io(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Format("the file ends too early".to_owned()),
            _ => Self::Io(error),
        }
    }
}

/// What one step of decoding gave.
pub(crate) enum Step {
    /// Samples at this rate, appended to the caller's buffer.
    Samples {
        /// Rate of this packet.
        rate_hz: u32,
        /// Channels of this packet.
        channels: usize,
    },
    /// A packet that does not decode; the next one may.
    DamagedPacket,
    /// The end of the stream.
    End,
    /// The container can't be read on; what came before stands.
    Broken(Failure),
}
