//! What the programs in `src/bin` are made of; one module each.

pub mod broken_pipe;
pub mod demo;
pub mod export;
pub mod monitor;
pub mod onnx_runtime;
