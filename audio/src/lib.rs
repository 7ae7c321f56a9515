//! Audio in: files and device samples to mono 16-bit PCM.
//!
//! The one PCM rule of needledrop lives here, so that a file prepared for training and the same sound captured live
//! give the same numbers: every sample is scaled to units of one 16-bit step, a frame's channels are averaged in `f32`
//! in channel order, and the mean is rounded to the nearest `i16` (ties to even), saturating. 16-bit mono passes
//! unchanged, because every `i16` is exact in `f32`. All channels weigh the same, a 5.1 file's low-frequency channel
//! too.
//!
//! - [`AudioFile`] decodes a file block by block at its own rate; resampling belongs to the frontend.
//! - [`mono`] applies the rule to interleaved samples without allocating.

mod au;
mod container;
mod decode;
mod downmix;
mod error;
mod file;
mod sample;
mod step;

pub use downmix::mono;
pub use error::Error;
pub use file::{AudioFile, DecodeReport};
pub use sample::{I24, Sample, U24};
