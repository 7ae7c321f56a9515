//! Values that stay on disk and are read by position.
//!
//! A shard's values are contiguous within their record and not compressed, so that a window is one read. The pass that
//! found them has verified their checksums; a file that has changed since then is an error, not other values.

use super::{Error, Scalar};
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempPath;

/// Place of a clip's values in a file.
#[derive(Clone, Debug)]
pub struct Stored {
    file: Arc<StoredFile>,
    /// Of the first value, in bytes.
    offset: u64,
}

/// A file with values of many clips.
#[derive(Debug)]
pub(crate) struct StoredFile {
    path: PathBuf,
    /// Size and time when the values were found; none for a file of our own, which grows.
    as_found: Option<(u64, Option<SystemTime>)>,
    /// Deletes a file of our own.
    _temporary: Option<TempPath>,
}

impl StoredFile {
    /// What `metadata` says of the file at `path`.
    pub(crate) fn new(path: &Path, metadata: &Metadata) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            as_found: Some((metadata.len(), metadata.modified().ok())),
            _temporary: None,
        })
    }

    /// A file of our own, deleted when nothing refers to it any more.
    pub(super) fn temporary(path: TempPath) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_path_buf(),
            as_found: None,
            _temporary: Some(path),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Stored {
    /// Little-endian values from byte `offset` of `file` on.
    pub(crate) fn new(file: &Arc<StoredFile>, offset: u64) -> Self {
        Self {
            file: Arc::clone(file),
            offset,
        }
    }

    /// The file.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Reads some of the values. The file is opened for each call: data sets may have more shards than a process may
    /// hold files, and opening costs little beside reading.
    pub(super) fn read<T: Scalar>(&self, values: Range<usize>) -> Result<Vec<T>, Error> {
        let path = &self.file.path;
        let mut file = File::open(path).map_err(Error::io(path))?;
        let metadata = file.metadata().map_err(Error::io(path))?;
        let now = (metadata.len(), metadata.modified().ok());
        if self.file.as_found.is_some_and(|found| found != now) {
            return Err(Error::Changed { path: path.clone() });
        }
        let mut bytes = vec![0; values.len() * T::BYTES];
        let offset = self.offset + (values.start * T::BYTES) as u64;
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(Error::io(path))?;
        Ok(T::load_all(&bytes))
    }
}
