//! Weights and optimizer states as bytes, to the bit.

use crate::error::Error;
use burn::record::{BinBytesRecorder, FullPrecisionSettings, Record, Recorder};
use burn::tensor::backend::Backend;
use std::path::Path;

type Recording = BinBytesRecorder<FullPrecisionSettings>;

/// A record's bytes; `path` is where they are going.
pub(super) fn to_bytes<B: Backend, R: Record<B>>(record: R, path: &Path) -> Result<Vec<u8>, Error> {
    Recorder::<B>::record(&Recording::default(), record, ())
        .map_err(|error| Error::bad_checkpoint(path, error))
}

/// The record of `bytes`, which come from `path`.
pub(super) fn from_bytes<B: Backend, R: Record<B>>(
    bytes: Vec<u8>,
    device: &B::Device,
    path: &Path,
) -> Result<R, Error> {
    Recorder::<B>::load(&Recording::default(), bytes, device)
        .map_err(|error| Error::bad_checkpoint(path, error))
}
