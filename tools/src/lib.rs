//! What the programs in `src/bin` are made of; one module each.

pub mod demo;
pub mod exit;
pub mod export;
pub mod monitor;
pub mod onnx_runtime;
