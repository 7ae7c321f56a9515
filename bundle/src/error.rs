//! What can be wrong with a model file or a run folder.
use crate::npy::fault::Fault;
use needledrop_frontend::FrontendId;
use std::{io, path::PathBuf};

/// Errors of this crate: one sentence each, with the value, what was expected and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: {reason}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Its reason.
        reason: io::Error,
    },
    /// No such model file.
    #[error("model {} is not there; give the model.onnx of a folder that tools/export made", path.display())]
    MissingModel {
        /// File.
        path: PathBuf,
    },
    /// More than [`crate::MAX_MODEL_BYTES`].
    #[error("{name}: larger than the {limit} bytes a model file may have")]
    TooLarge {
        /// File.
        name: String,
        /// Limit in bytes.
        limit: u64,
    },
    /// Not the bytes of an ONNX model.
    #[error("{name} is not an ONNX model: {reason}")]
    NotOnnx {
        /// File.
        name: String,
        /// Where reading stopped.
        reason: String,
    },
    /// An ONNX model that was not made by `tools/export`.
    #[error(
        "{name} is an ONNX file without needledrop metadata; pack its run folder with tools/export RUN --name NAME"
    )]
    NoMetadata {
        /// File.
        name: String,
    },
    /// Another major format version.
    #[error(
        "{name} has model format {actual}, this program reads {expected}; {}",
        format_step(actual, expected)
    )]
    Format {
        /// File.
        name: String,
        /// Version read.
        actual: String,
        /// Version of this build.
        expected: String,
    },
    /// The bytes are not those that were sealed.
    #[error(
        "{name} was changed after export: its digest is {actual}, the file says {expected}; copy it again or export it again with tools/export"
    )]
    Digest {
        /// File.
        name: String,
        /// Digest stored in the file.
        expected: String,
        /// Digest of its bytes.
        actual: String,
    },
    /// A key is missing.
    #[error("{name} lacks metadata {key}; export it again with tools/export")]
    MissingKey {
        /// File.
        name: String,
        /// Key.
        key: String,
    },
    /// A key is there twice.
    #[error("{name} has metadata {key} twice; export it again with tools/export")]
    DuplicateKey {
        /// File.
        name: String,
        /// Key.
        key: String,
    },
    /// A value does not parse or is out of range.
    #[error("{name}: {key} is {value}, expected {expected}")]
    Value {
        /// File.
        name: String,
        /// Key.
        key: String,
        /// Value, shortened.
        value: String,
        /// What would do.
        expected: String,
    },
    /// Graph and metadata disagree.
    #[error(
        "{name}: graph {what} is {actual}, its metadata needs {expected}; train and export it again"
    )]
    Graph {
        /// File.
        name: String,
        /// `input` or `output`.
        what: &'static str,
        /// What the metadata needs.
        expected: String,
        /// What the graph has.
        actual: String,
    },
    /// Weights in a second file, which the digest would not cover.
    #[error("{name} keeps tensor {tensor} in another file; save the model with its weights inside")]
    ExternalData {
        /// File.
        name: String,
        /// Tensor.
        tensor: String,
    },
    /// Made for another frontend.
    #[error(
        "{name} expects frontend {expected}, this firmware has {actual}; export it again with tools/export"
    )]
    Frontend {
        /// File.
        name: String,
        /// Of the model.
        expected: FrontendId,
        /// What this build computes for the same configuration.
        actual: FrontendId,
    },
    /// A key is installed and the signature is missing or wrong.
    #[error("{name}: {reason}; sign it with tools/export --sign, or remove the public key {} to run unsigned models", key.display())]
    Signature {
        /// File.
        name: String,
        /// Why.
        reason: String,
        /// Public key.
        key: PathBuf,
    },
    /// The public key file is no key.
    #[error("{} is not a minisign public key: {reason}", key.display())]
    PublicKey {
        /// File.
        key: PathBuf,
        /// Why.
        reason: String,
    },
    /// An array that is not what it must be.
    #[error("{}: {fault}", path.display())]
    Npy {
        /// File.
        path: PathBuf,
        /// Why.
        fault: Fault,
    },
    /// `run.json` is not one.
    #[error("{}: {reason}", path.display())]
    Run {
        /// File.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The next step depends on which side is older.
fn format_step(actual: &str, expected: &str) -> &'static str {
    let major = |version: &str| {
        version
            .split('.')
            .next()
            .and_then(|digits| digits.parse::<u64>().ok())
    };
    match (major(actual), major(expected)) {
        (Some(actual), Some(expected)) if actual > expected => {
            "update this program, or export the model again with this version's tools/export"
        }
        _ => "export the model again with tools/export",
    }
}

/// `value` for an error sentence: quoted, escaped, shortened.
pub(crate) fn shown(value: &str) -> String {
    const CHARACTERS: usize = 60;
    let mut shown: String = value.chars().take(CHARACTERS).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
