//! Serial records (skeleton). docs/protocol.md is normative.

/// A record of the board.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Record {}
