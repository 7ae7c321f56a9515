//! The model file contract from outside: model files, .npy files, run folders.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod arrays;
mod graphs;
mod model_file;
mod npy;
mod run_record;
