//! The records a board writes to its serial port: types, both text forms, and their verification.
//!
//! `docs/protocol.md` is normative; this crate is its only implementation, used by the board to write and by
//! the monitor to read. A [`Record`] is a flat list of named fields in a fixed order (`fields.rs`).
//! [`Format::Nmea`] writes them by position in a checksummed sentence, [`Format::Jsonl`] by name in a JSON object.
//! No number is ever written through floating point, so equal records are equal bytes on every target.
//!
//! Order of calls for a reader: bytes go into [`Lines`], each line into [`Verifier::line`], which parses it and
//! says whether anything is missing. A writer only calls [`encode`].
//!
//! ```
//! use needledrop_protocol::{Format, Verifier, encode, parse};
//!
//! let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F\r\n";
//! let record = parse(line)?;
//! assert_eq!(record.time.milliseconds(), 3_000);
//! assert_eq!(encode(&record, Format::Nmea).as_bytes(), line);
//!
//! let mut verifier = Verifier::new();
//! assert!(verifier.line(line).finding.is_none());
//! # Ok::<(), needledrop_protocol::Error>(())
//! ```
//!
//! Limits: a line has at most [`MAX_LINE_BYTES`] bytes, a text at most [`Text::MAX_BYTES`].

mod encode;
mod error;
mod escape;
mod fields;
mod hex;
mod jsonl;
mod kind;
mod lines;
mod nmea;
mod parse;
mod record;
mod state;
mod text;
mod verify;

pub use encode::{Format, encode};
pub use error::Error;
pub use hex::Hex;
pub use lines::{DEFAULT_BAUD, Line, Lines, MAX_LINE_BYTES};
pub use parse::parse;
pub use record::{
    Begin, Body, Candidate, MAX_CANDIDATES, PROTOCOL_VERSION, Record, STATUS_SECONDS, SampleTime,
    Status, Tag,
};
pub use state::{NoAudio, NoMusic, State};
pub use text::Text;
pub use verify::{Checked, Counts, Finding, Verifier};
