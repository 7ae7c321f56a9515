//! Clips through the device program and a pseudo-terminal, as a board on a serial cable would send them.
//!
//! ```text
//! manifest -> clip -> needledrop-device run --serial PTY -> pty -> lines -> verifier -> verdict
//! ```
//!
//! The device program is the real one and paces each clip in real time; several clips play at once,
//! each with a pseudo-terminal of its own.

mod clip;
mod manifest;
mod play;
mod score;

pub use clip::{Clip, Played};
pub use manifest::read_manifest;
pub use play::{Player, play_all};
pub use score::{Score, is_right};
