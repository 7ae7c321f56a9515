//! Which of the serial ports a board is on: ports of this machine in, an open one out.
//!
//! ```text
//! ports of this machine -> candidate (rank by USB) -> listen (all at once) -> the board, or why not, port by port
//!                                                     follow: the same board after it was unplugged
//! ```
//!
//! A USB device that calls itself needledrop is taken as it is. Else the board is whoever sends the first record whose
//! checksum fits; [`LISTEN_FOR`] is longer than the time in which a status is due, so that none is missed.

pub mod follow;
mod found;
mod listen;
mod search;

pub use found::Found;
pub use search::{LISTEN_FOR, Search};
