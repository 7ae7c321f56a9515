//! What the programs in `src/bin` are made of; one module each. The monitor alone is for Windows, too.

#[cfg(unix)]
pub mod demo;
pub mod exit;
#[cfg(all(unix, feature = "export"))]
pub mod export;
pub mod monitor;
#[cfg(feature = "export")]
pub mod onnx_runtime;
