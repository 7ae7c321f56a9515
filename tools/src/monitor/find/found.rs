//! What a search found: a board, its open port, and what it has sent so far.

use needledrop_protocol::{Body, Record};

use crate::monitor::feed::Input;
use crate::monitor::port::candidate::Candidate;
use crate::monitor::words::printable;

/// A board, and its port already open.
pub struct Found {
    /// The port.
    pub candidate: Candidate,
    /// The rest of what it sends.
    pub input: Input,
    /// What it sent so far.
    pub heard: Vec<u8>,
    /// The record that it was known by.
    pub record: Option<Record>,
}

impl std::fmt::Display for Found {
    /// `a board on /dev/ttyUSB0 (CP2102N USB to UART), needledrop-device 0.1.0, model tunes`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a board on {}", self.candidate)?;
        match self.record.as_ref().map(|record| &record.body) {
            Some(Body::Begin(begin)) => write!(
                f,
                ", {}, model {}",
                printable(begin.firmware.as_str()),
                printable(begin.model.as_str())
            ),
            Some(Body::Status(status)) => write!(f, ", model {}", status.model_digest),
            _ => Ok(()),
        }
    }
}
