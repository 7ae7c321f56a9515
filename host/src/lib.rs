//! `needledrop`, the workstation side: data sets, training, evaluation and ONNX models.

pub mod backend;
mod cepstra;
pub mod classic;
pub mod cli;
pub mod data;
mod digest;
pub mod ensemble;
pub mod evaluate;
pub mod features;
pub mod fma518;
pub mod import;
pub mod inspect;
pub mod memory;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod npy;
pub mod onnx;
pub mod pictures;
pub mod predict;
pub mod prepare;
pub mod pretrained;
pub mod progress;
pub mod report;
pub mod staged_dir;
pub mod synth;
pub mod train;

#[cfg(test)]
#[path = "../../tests/support/torchvision.rs"]
mod torchvision;
