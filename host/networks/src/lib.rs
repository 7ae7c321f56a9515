//! The networks that `needledrop train` knows: structure, default settings, what they see of a clip, their ONNX files.
//!
//! Each network is one folder with all that makes it itself: [`definition`] is what it says, [`models`] the registry,
//! with a line for each. [`nn`] has the layers they are built of, [`onnx`] the writer of their files; [`backend`] is
//! where burn runs them. [`input`], [`augment`] and [`order`] make windows of clips; [`Settings`] is what a run depends
//! on besides.

pub mod augment;
pub mod backend;
pub mod cepstra;
pub mod compact;
pub mod crnn;
pub mod definition;
pub mod input;
pub mod mil;
pub mod mobilenetv2;
pub mod models;
pub mod musicnn;
pub mod nn;
pub mod onnx;
pub mod order;
pub mod parallel_cnn_rnn;
pub mod pretrained;
pub mod raw_cnn;
mod settings;

pub use input::Input;
pub use settings::{Crop, Head, Optimizer, Pool, Preset, Schedule, Settings};

#[cfg(test)]
#[path = "../../../tests/support/musicnn.rs"]
mod musicnn_file;
#[cfg(test)]
#[path = "../../../tests/support/torchvision.rs"]
mod torchvision;
#[cfg(test)]
#[path = "../../../tests/support/weights_file.rs"]
mod weights_file;
