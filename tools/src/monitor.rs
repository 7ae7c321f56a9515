//! The board's records, shown: lines in, a picture, text, JSON or messages out.
//!
//! ```text
//! port, file or stdin -> feed (events) -> watch (session: parse, verify, remember; state of the line)
//!                                           -> screen | print (plain, json) | any other consumer
//! ```
//!
//! Order of calls: [`source::Source::parse`] or [`find::Search::find`] gives the origin, [`feed::start`] reads it,
//! [`view::show`] shows it and tells every [`watch::Consumer`].
//!
//! Sequence numbers and checksums are verified by [`needledrop_protocol::Verifier`]; everything here only shows what it
//! found. Text from the line is made printable before it is shown, so that no record can send control sequences to the
//! terminal.

mod blocks;
pub mod feed;
pub mod find;
pub mod json;
pub mod link;
#[cfg(feature = "mqtt")]
pub mod mqtt;
pub mod picture;
pub mod plain;
pub mod port;
pub mod print;
pub mod screen;
pub mod session;
pub mod source;
mod spans;
pub mod terminal;
pub mod view;
pub mod watch;
pub(crate) mod words;
