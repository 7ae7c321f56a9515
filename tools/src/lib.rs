//! What the programs in `src/bin` are made of; one module each. The monitor alone is for Windows, too.

#[cfg(unix)]
mod child;
#[cfg(unix)]
pub mod demo;
#[cfg(unix)]
pub mod disk;
#[cfg(target_os = "linux")]
pub mod emulate;
pub mod exit;
#[cfg(all(unix, feature = "export"))]
pub mod export;
#[cfg(unix)]
pub mod flash;
#[cfg(unix)]
pub mod model_folder;
pub mod monitor;
#[cfg(feature = "export")]
pub mod onnx_runtime;
#[cfg(unix)]
pub mod stop;
