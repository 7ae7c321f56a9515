//! The board's records, shown.
//!
//! ```text
//! port, file or stdin -> feed (lines) -> session (parse, verify, remember) -> screen | plain | json
//! ```
//!
//! Sequence numbers and checksums are verified by [`needledrop_protocol::Verifier`]; everything
//! here only shows what it found. Text from the line is made printable before it is shown, so
//! that no record can send control sequences to the terminal.

pub mod feed;
pub mod json;
pub mod plain;
pub mod screen;
pub mod session;
mod spans;
pub mod terminal;
mod words;
