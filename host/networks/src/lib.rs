//! The networks that `needledrop train` knows: structure, default settings, what they see of a clip, and their ONNX files.
//!
//! [`models`] is the registry; [`nn`] has the layers and a file a network, [`onnx`] the writer of each; [`backend`] is
//! where burn runs them.

pub mod augment;
pub mod backend;
pub mod cepstra;
pub mod input;
pub mod models;
pub mod nn;
pub mod onnx;
pub mod order;
mod presets;
pub mod pretrained;
pub mod settings;

pub use input::Input;
pub use settings::{Crop, Optimizer, Pool, Preset, Schedule, Settings};

#[cfg(test)]
#[path = "../../../tests/support/torchvision.rs"]
mod torchvision;
