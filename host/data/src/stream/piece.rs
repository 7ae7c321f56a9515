//! Pieces of shards: what a thread reads at a time.

use crate::shard::{OpenShard, ShardFile};
use crate::stored::StoredFile;
use crate::tfrecord::Record;
use crate::{Error, Losses};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// A record and how many bytes it has in its shard.
#[derive(Debug)]
pub(super) struct Weighed<T> {
    pub(super) bytes: usize,
    pub(super) record: T,
}

/// A shard of which nothing has been read yet, or some.
pub(super) enum OpenOrNot {
    Not(ShardFile),
    Open(Box<OpenShard>),
}

/// What a thread read of a shard.
pub(super) struct Piece<T> {
    pub(super) records: VecDeque<Weighed<T>>,
    pub(super) rest: Rest,
}

/// What is left of a shard after a piece.
pub(super) enum Rest {
    More(Box<OpenShard>),
    End(Losses),
    Failed(Error),
}

/// Reads records of `piece_bytes` bytes, at least one, or what is left of the shard.
pub(super) fn read_piece<T>(
    shard: OpenOrNot,
    piece_bytes: usize,
    decode: &impl Fn(&Path, &Arc<StoredFile>, &Record<'_>) -> Result<Option<T>, Error>,
) -> Piece<T> {
    let mut records = VecDeque::new();
    let rest = match shard {
        OpenOrNot::Not(file) => OpenShard::open(file).map(Box::new),
        OpenOrNot::Open(shard) => Ok(shard),
    }
    .and_then(|mut shard| {
        let mut bytes = 0;
        while bytes < piece_bytes.max(1) {
            let next = shard.next(|path, stored, record| {
                Ok((record.data.len(), decode(path, stored, record)?))
            })?;
            let Some((record_bytes, decoded)) = next else {
                return Ok(Rest::End(shard.losses()));
            };
            bytes += record_bytes;
            records.extend(decoded.map(|record| Weighed {
                bytes: record_bytes,
                record,
            }));
        }
        Ok(Rest::More(shard))
    })
    .unwrap_or_else(Rest::Failed);
    Piece { records, rest }
}
