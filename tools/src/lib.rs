//! What the programs in `src/bin` are made of; one module each.

pub mod demo;
pub mod disk;
#[cfg(target_os = "linux")]
pub mod emulate;
pub mod exit;
#[cfg(feature = "export")]
pub mod export;
pub mod flash;
pub mod monitor;
#[cfg(feature = "export")]
pub mod onnx_runtime;
