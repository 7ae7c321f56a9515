//! The run folder: what training writes and everything else reads.
//!
//! A run in progress has a `lock`, a [`checkpoint`] and its curves so far; a finished one has what `finished`
//! composes and `files` writes, `run.json` last. `tools/export`, `evaluate`, `report`, [`ensemble`](crate::ensemble)
//! and [`pictures`](crate::pictures) read it.

pub mod checkpoint;
mod epoch_row;
pub(crate) mod figures;
pub(crate) mod files;
pub(crate) mod finished;
pub(crate) mod fitted;
pub(crate) mod lock;
pub(crate) mod parity;
mod song;
mod summary;
pub(crate) mod table;

pub use epoch_row::EpochRow;
pub use files::ClipRow;
pub use summary::{Averaged, AveragedMember, Classic, Summary, Timing, Valid, ValidFrom};
