//! Why a weights file was refused.

use std::path::PathBuf;

/// Errors of weights files; each names the file, the key, both shapes and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system's.
    #[error("{}: {reason}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// The reason.
        reason: std::io::Error,
    },
    /// Another kind of file, or a damaged one.
    #[error(
        "{}: no safetensors file ({reason}); save PyTorch weights with safetensors.torch.save_file(model.state_dict(), FILE)",
        path.display()
    )]
    NotSafetensors {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file named `.onnx` that holds no model's weights.
    #[error("{}: no exported model ({reason}); give a model.onnx that tools/export made, or a safetensors file", path.display())]
    NotOnnx {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The header asks for a padding that there is not.
    #[error("{}: its metadata says of padding: {padding}; give --pretrained-padding same or symmetric", path.display())]
    UnknownPadding {
        /// File.
        path: PathBuf,
        /// What it says.
        padding: String,
    },
    /// A layer's weights are not there.
    #[error("{}: no tensor {key} {expected:?}; {wanted}", path.display())]
    Missing {
        /// File.
        path: PathBuf,
        /// Its name.
        key: String,
        /// Its shape.
        expected: Vec<usize>,
        /// What file is needed.
        wanted: &'static str,
    },
    /// A layer's weights have other sizes.
    #[error("{}: {key} is {actual:?}, the network has {expected:?}; {wanted}", path.display())]
    Shape {
        /// File.
        path: PathBuf,
        /// Its name.
        key: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The file's.
        actual: Vec<usize>,
        /// What file is needed.
        wanted: &'static str,
    },
    /// A layer's weights are no floating-point numbers.
    #[error("{}: {key} {expected:?} has values of type {actual}, taken are F32, F16 and BF16; convert it", path.display())]
    Type {
        /// File.
        path: PathBuf,
        /// Its name.
        key: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The file's type.
        actual: String,
    },
    /// A value that no trained network has.
    #[error("{}: {key} has a value of {value}; take a file of finite weights and of variances above 0", path.display())]
    Value {
        /// File.
        path: PathBuf,
        /// Its name.
        key: String,
        /// The value.
        value: f32,
    },
    /// A tensor of another network.
    #[error("{}: {key} {actual:?} is no part of the network; {wanted}", path.display())]
    Unknown {
        /// File.
        path: PathBuf,
        /// Its name.
        key: String,
        /// Its shape.
        actual: Vec<usize>,
        /// What file is needed.
        wanted: &'static str,
    },
    /// The header does not name a tag.
    #[error(
        "{}: its header names no tag {tag}; give a file whose header lists its tags under `tags`, with commas between",
        path.display()
    )]
    NoTag {
        /// File.
        path: PathBuf,
        /// Tag.
        tag: String,
    },
    /// The network has no pretrained form.
    #[error("this network starts from random weights; leave --pretrained out")]
    NotTaken,
}
