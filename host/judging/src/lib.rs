//! How good a model is.
//!
//! In go what a model answers and what is true, window by window; out come figures of windows, segments and clips
//! ([`metrics`]), of a data set ([`evaluate`]), and the genres of audio files ([`predict`]).

pub mod evaluate;
mod hearing;
pub mod metrics;
pub mod predict;
pub mod windows;
