//! Fixed-point log-mel frontend: 16-bit PCM to Q8.8 decibels, integer, streaming, `no_std`.
//!
//! The same code makes the training features on a workstation and hears the room on the board, so
//! the two cannot drift apart. Everything between a PCM sample and a log-mel value is integer
//! arithmetic with proven headroom: the bits are the same on every target.
//!
//! ```text
//! i16 PCM at any rate -> resampler -> framer -> window -> FFT -> power -> mel -> log -> i16 Q8.8 dB
//!                        (Polyphase)  `----------------------- Pipeline ----------------------'
//!                        `------------------------------ PcmFrontend ------------------------'
//! ```
//!
//! - [`FrontendConfig`] says what is computed; it is checked once, at construction.
//! - [`LogMel`] turns PCM at the model rate into frames, [`Resampler`] brings any common rate to the
//!   model rate, [`PcmFrontend`] is both in one.
//! - [`FrontendId`] names everything that decides the output bits.
//!
//! Without the feature `alloc` the caller lends the memory: see [`Lent`] and [`StorageSize`].
//! After construction nothing allocates, and no step can fail or panic.
//!
//! ```
//! use needledrop_frontend::{FrontendConfig, PcmFrontend};
//!
//! let config = FrontendConfig::SEED;
//! let mut frontend = PcmFrontend::new(&config, 44_100)?;
//! let mut frames = 0;
//! frontend.push(&[0; 44_100], |frame| {
//!     assert_eq!(frame.len(), config.mel_bands);
//!     assert!(frame.iter().all(|&db| db == needledrop_frontend::FLOOR_DB_Q8));
//!     frames += 1;
//! });
//! frontend.finish(|_| frames += 1);
//! assert_eq!(frames, config.frames(22_050));
//! # Ok::<(), needledrop_frontend::ConfigError>(())
//! ```
#![no_std]
#![deny(unsafe_code)]
#![deny(clippy::float_arithmetic)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod butterfly;
mod check;
mod config;
mod error;
mod fft;
mod fft_any;
mod fft_fixed;
mod fft_micro;
mod formats;
mod framer;
mod id;
mod log;
mod mel;
mod pcm;
mod pipeline;
mod power;
mod preset;
mod products;
mod ratio;
mod resampler;
mod stages;
mod storage;
mod tables;
mod window;

pub use config::{FftKind, FrontendConfig, MAX_MEL_BANDS, MAX_N_FFT, MIN_N_FFT, MelNorm, MelScale};
pub use error::ConfigError;
pub use formats::{DbQ8, FLOOR_DB_Q8};
pub use id::{FrontendId, ParseIdError};
#[cfg(feature = "alloc")]
pub use pcm::PcmFrontend;
pub use pcm::PcmPipeline;
#[cfg(feature = "alloc")]
pub use pipeline::LogMel;
pub use pipeline::Pipeline;
pub use resampler::Polyphase;
#[cfg(feature = "alloc")]
pub use resampler::Resampler;
pub use stages::Stages;
#[cfg(feature = "alloc")]
pub use storage::Owned;
pub use storage::{Cell, Lent, Storage, StorageSize};
