//! `x.npy`, `[clips, bands, frames]`: one matrix at a time comes out, as its bytes.

use anyhow::Context;
use needledrop_bundle::npy::{self, Dtype, Fault, Reader};
use needledrop_bundle::{MAX_WINDOW_VALUES, Matrix};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The matrices, before the next one.
pub(super) struct Matrices {
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    pub(super) clips: u64,
    pub(super) size: Matrix,
    bytes: Vec<u8>,
}

impl Matrices {
    /// Checks the header; nothing of the claimed size is made.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let reader = npy::open(path).map_err(Fault::of(path))?;
        let &[clips, bands, frames] = reader.shape() else {
            let expected = "[clips, bands, frames]";
            return Err(Fault::of(path)(reader.wrong_shape(expected)).into());
        };
        let size = Matrix::new(bands, frames).with_context(|| {
            format!(
                "{}: {bands} bands of {frames} frames, a clip may have 1 to {MAX_WINDOW_VALUES} values",
                path.display()
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            clips: clips as u64,
            size,
            bytes: Vec::new(),
        })
    }

    pub(super) fn dtype(&self) -> Dtype {
        self.reader.dtype()
    }

    /// The next matrix, `[bands, frames]`, as it is stored.
    pub(super) fn next(&mut self) -> anyhow::Result<&[u8]> {
        let values = self.size.bands * self.size.frames;
        self.reader
            .read_values(values, &mut self.bytes)
            .map_err(Fault::of(&self.path))?;
        Ok(&self.bytes)
    }
}
