//! `needledrop`, the workstation side: data sets, training, evaluation and ONNX models.

pub mod cli;
pub mod data;
mod digest;
pub mod features;
pub mod prepare;
pub mod progress;
pub mod staged_dir;
pub mod synth;
