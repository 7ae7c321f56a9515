//! A shard that is being read: its file goes in, sound records come out, losses are counted.

use crate::stored::StoredFile;
use crate::tfrecord::{Reader, Record};
use crate::{Error, Losses};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A shard to be read, and the records it should hold where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShardFile {
    pub(crate) path: PathBuf,
    pub(crate) records: Option<u64>,
}

/// A shard that is being read.
pub(crate) struct OpenShard {
    file: ShardFile,
    stored: Arc<StoredFile>,
    reader: Reader<File>,
}

impl OpenShard {
    pub(crate) fn open(shard: ShardFile) -> Result<Self, Error> {
        let file = File::open(&shard.path).map_err(Error::io(&shard.path))?;
        let metadata = file.metadata().map_err(Error::io(&shard.path))?;
        Ok(Self {
            stored: StoredFile::new(&shard.path, &metadata),
            reader: Reader::new(file, metadata.len()),
            file: shard,
        })
    }

    /// Decodes the next sound record; `None` at the end.
    pub(crate) fn next<T>(
        &mut self,
        decode: impl FnOnce(&Path, &Arc<StoredFile>, &Record<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let path = &self.file.path;
        match self.reader.next_record().map_err(Error::io(path))? {
            Some(record) => decode(path, &self.stored, &record).map(Some),
            None => Ok(None),
        }
    }

    /// What had to be left out so far; to be asked for at the end.
    pub(crate) fn losses(&self) -> Losses {
        let losses = self.reader.losses();
        match self.file.records {
            Some(promised) => losses.with_promise(promised, self.reader.records()),
            None => losses,
        }
    }
}
