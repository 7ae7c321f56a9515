//! The model file contract of needledrop: an ONNX file and what a board must know of it to one file, and back.
//!
//! A model is a plain ONNX file that any ONNX tool opens. What a board must know besides the graph (labels,
//! frontend, window, calibration, where it came from) lies in `metadata_props` under `needledrop.*`, and
//! `needledrop.sha256` covers every byte of the file. docs/bundle.md lists the keys; this crate is the only
//! code that reads or writes them.
//!
//! * [`seal`] turns a plain ONNX file and a [`Metadata`] into a model file.
//! * [`ModelFile::read`] is its inverse and refuses whatever does not fit, by name.
//! * [`ModelFile::check_signature`] checks a detached minisign signature when a public key is installed.
//! * [`RunRecord`] is `run.json` of the run folder that `needledrop train` leaves and `tools/export` reads.
//! * [`npy`] reads the arrays of that folder, and any other .npy file.
//!
//! The file is walked field by field and its weights are never copied: reading a model costs one pass of
//! SHA-256 over its bytes. Any bytes give a model or an [`Error`], never a panic, and no length found in a
//! file decides how much is allocated.

mod atomic;
mod error;
mod graph;
mod keys;
mod metadata;
mod model_file;
pub mod npy;
mod origin;
mod run;
mod scalar;
mod signature;
mod validate;
mod window;
mod wire;

pub use atomic::{remove_left_by_kill, write_atomic};
pub use error::Error;
pub use keys::FORMAT;
pub use metadata::{Decision, InputKind, Metadata, NO_MUSIC, Norm};
pub use model_file::{MAX_MODEL_BYTES, ModelFile, seal};
pub use origin::{Frontend, Matrix, Origin};
pub use run::{Member, RunInput, RunRecord, file};
pub use scalar::Scalar;
pub use signature::Signature;
pub use validate::{MAX_CLASSES, MAX_NAME_BYTES, is_model_name};
pub use window::{MAX_WINDOW_VALUES, Window};
