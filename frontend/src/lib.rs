//! Fixed-point log-mel frontend (skeleton: signatures agreed between crates, bodies follow).
#![no_std]
#[cfg(feature = "alloc")]
extern crate alloc;

mod config;
mod id;
#[cfg(feature = "alloc")]
mod stream;

pub use config::{ConfigError, FftKind, FrontendConfig, MelNorm, MelScale};
pub use id::FrontendId;
#[cfg(feature = "alloc")]
pub use stream::{LogMel, PcmFrontend, Resampler};
