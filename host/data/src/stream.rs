//! Records of many shards as one stream: read in parallel, interleaved, shuffled, ahead of whoever takes them.
//!
//! At most [`StreamOptions::cycle`] shards are open; the stream takes one record of each in turn, and a shard that ends
//! makes room for the next. Threads read pieces of shards, a few megabytes at a time: while one piece of a shard is
//! being taken, the next is being read. Which thread reads what has no influence on the order, which is a function of
//! the shards, the seed and the options alone. Memory is bounded by [`StreamOptions::memory_bytes`] and a record or two
//! a shard, whatever the size of the data set.

mod interleave;
mod options;
mod piece;
mod readers;
mod shuffle;

pub use options::{Shuffle, StreamOptions};

use super::shard::ShardFile;
use super::stored::StoredFile;
use super::tfrecord::Record;
use super::{Error, Losses};
use interleave::Interleaved;
use piece::Weighed;
use readers::Readers;
use shuffle::Buffer;
use std::path::Path;
use std::sync::Arc;

/// The records of some shards, decoded to `T`.
///
/// An error ends it. Records that fail their checksum are left out and counted: see [`Stream::losses`].
#[derive(Debug)]
pub struct Stream<T> {
    interleaved: Interleaved<T>,
    shuffle: Option<Buffer<T>>,
    known_losses: Option<Losses>,
    failed: bool,
}

impl<T: Send + 'static> Stream<T> {
    /// Starts reading `shards`; `decode` is called by many threads, and leaves out what it gives nothing for.
    pub(crate) fn new(
        mut shards: Vec<ShardFile>,
        options: &StreamOptions,
        decode: impl Fn(&Path, &Arc<StoredFile>, &Record<'_>) -> Result<Option<T>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let mut shuffle = options
            .shuffle
            .map(|shuffle| Buffer::new(shuffle, options.memory_bytes));
        if let Some(buffer) = &mut shuffle {
            buffer.shuffle_shards(&mut shards);
        }
        let cycle = options.cycle.clamp(1, shards.len().max(1));
        // Of each shard, one piece is being taken while the next is being read.
        let piece_bytes = options.memory_bytes / (2 * cycle);
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads,
        };
        let readers = Readers::start(threads.min(cycle), piece_bytes, decode);
        Self {
            interleaved: Interleaved::new(shards, cycle, readers),
            shuffle,
            known_losses: None,
            failed: false,
        }
    }

    /// With losses that are known from an earlier pass over the whole data set.
    pub(crate) fn with_losses(mut self, losses: Losses) -> Self {
        self.known_losses = Some(losses);
        self
    }

    /// What had to be left out so far; complete after the last record.
    pub fn losses(&self) -> Losses {
        self.known_losses
            .unwrap_or_else(|| self.interleaved.losses())
    }

    fn shuffled(&mut self) -> Option<Result<Weighed<T>, Error>> {
        while self.shuffle.as_ref().is_some_and(Buffer::has_room) {
            let record = match self.interleaved.next() {
                Some(Ok(record)) => record,
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            };
            if let Some(buffer) = &mut self.shuffle {
                buffer.put(record);
            }
        }
        match &mut self.shuffle {
            Some(buffer) => buffer.take().map(Ok),
            None => self.interleaved.next(),
        }
    }

    /// The next records, as many as make `bytes` bytes in their shards but at least one; empty at the end.
    ///
    /// # Errors
    /// The first one met.
    pub fn next_batch(&mut self, bytes: usize) -> Result<Vec<T>, Error> {
        let mut batch = Vec::new();
        let mut left = bytes;
        while let Some(record) = self.next_weighed() {
            let record = record?;
            batch.push(record.record);
            left = left.saturating_sub(record.bytes);
            if left == 0 {
                break;
            }
        }
        Ok(batch)
    }

    fn next_weighed(&mut self) -> Option<Result<Weighed<T>, Error>> {
        if self.failed {
            return None;
        }
        let record = self.shuffled();
        self.failed = matches!(record, Some(Err(_)));
        record
    }
}

impl<T: Send + 'static> Iterator for Stream<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_weighed()?.map(|record| record.record))
    }
}

#[cfg(test)]
mod tests {
    use super::{ShardFile, Shuffle, Stream, StreamOptions};
    use crate::{Error, Losses, write_record};
    use std::path::Path;

    /// Shards of 5, 0, 1, 40, 3 ... records that say where they are from.
    fn shards(folder: &Path) -> Vec<ShardFile> {
        [5, 0, 1, 40, 3, 17, 2]
            .iter()
            .enumerate()
            .map(|(shard, &records)| {
                let path = folder.join(format!("{shard}.tfrecord"));
                let mut bytes = Vec::new();
                for record in 0..records {
                    let text = format!("{shard}/{record} {}", "x".repeat(record % 7 * 10));
                    write_record(&mut bytes, text.as_bytes()).unwrap();
                }
                std::fs::write(&path, bytes).unwrap();
                let records = Some(records as u64);
                ShardFile { path, records }
            })
            .collect()
    }

    fn open(shards: Vec<ShardFile>, options: &StreamOptions) -> Stream<String> {
        Stream::new(shards, options, |path, _, record| {
            let text = std::str::from_utf8(record.data).unwrap();
            if text.starts_with("bad") {
                return Err(Error::BadExample {
                    path: path.to_owned(),
                    index: record.index,
                    reason: "it is bad".to_owned(),
                });
            }
            Ok(text.split(' ').next().map(str::to_owned))
        })
    }

    fn read(shards: Vec<ShardFile>, options: &StreamOptions) -> Vec<String> {
        open(shards, options).map(Result::unwrap).collect()
    }

    /// The order by its definition: one record of each of `cycle` shards in turn.
    fn interleaved(cycle: usize) -> Vec<String> {
        let mut waiting = [5, 0, 1, 40, 3, 17, 2].into_iter().enumerate();
        let mut slots: Vec<(usize, usize, usize)> = Vec::new();
        slots.extend(waiting.by_ref().take(cycle).map(|(shard, n)| (shard, n, 0)));
        let mut order = Vec::new();
        let mut turn = 0;
        while !slots.is_empty() {
            turn %= slots.len();
            let (shard, n, done) = &mut slots[turn];
            if done < n {
                order.push(format!("{shard}/{done}"));
                *done += 1;
                turn += 1;
            } else if let Some((shard, n)) = waiting.next() {
                slots[turn] = (shard, n, 0);
            } else {
                slots.remove(turn);
            }
        }
        order
    }

    #[test]
    fn the_order_is_that_of_the_definition_whatever_the_threads_and_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        for cycle in [1, 2, 3, 16] {
            let expected = interleaved(cycle);
            assert_eq!(expected.len(), 68);
            for threads in [1, 2, 7] {
                for memory_bytes in [0, 1000, 1 << 20] {
                    let options = StreamOptions {
                        threads,
                        cycle,
                        memory_bytes,
                        shuffle: None,
                    };
                    assert_eq!(
                        read(shards(folder.path()), &options),
                        expected,
                        "{options:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn shuffled_is_the_same_for_a_seed_and_holds_every_record_once() {
        let folder = tempfile::tempdir().unwrap();
        let shuffled = |seed, records, threads| {
            let options = StreamOptions {
                threads,
                shuffle: Some(Shuffle { seed, records }),
                ..StreamOptions::default()
            };
            read(shards(folder.path()), &options)
        };
        let one = shuffled(1, 10, 1);
        assert_eq!(one, shuffled(1, 10, 5));
        assert_ne!(one, shuffled(2, 10, 1));
        assert_ne!(one, shuffled(1, 1, 1));
        let sorted = |mut records: Vec<String>| {
            records.sort();
            records
        };
        assert_eq!(sorted(one), sorted(interleaved(1)));
    }

    #[test]
    fn losses_are_those_of_all_shards() {
        let folder = tempfile::tempdir().unwrap();
        let shards = shards(folder.path());
        let mut bytes = std::fs::read(&shards[3].path).unwrap();
        bytes[13] ^= 1;
        std::fs::write(&shards[3].path, &bytes[..bytes.len() - 1]).unwrap();
        // One shard is cut between two records.
        std::fs::write(&shards[4].path, []).unwrap();
        let mut stream = open(shards, &StreamOptions::default());
        assert_eq!(stream.by_ref().map(Result::unwrap).count(), 68 - 2 - 3);
        let expected = Losses {
            bad_crc: 1,
            truncated_shards: 2,
            lost_records: 4,
        };
        assert_eq!(stream.losses(), expected);
    }

    #[test]
    fn an_error_ends_the_stream_and_a_stream_may_be_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut shards = shards(folder.path());
        let mut bytes = Vec::new();
        write_record(&mut bytes, b"good").unwrap();
        write_record(&mut bytes, b"bad").unwrap();
        std::fs::write(&shards[0].path, bytes).unwrap();
        shards.truncate(1);
        let mut stream = open(shards.clone(), &StreamOptions::default());
        assert_eq!(stream.next().unwrap().unwrap(), "good");
        let error = stream.next().unwrap().unwrap_err().to_string();
        assert!(error.ends_with("record 1: it is bad"), "{error}");
        assert!(stream.next().is_none());

        let left = open(shards.clone(), &StreamOptions::default());
        drop(left);
        shards[0].path = folder.path().join("gone");
        let error = open(shards, &StreamOptions::default()).next_batch(1);
        assert!(matches!(error, Err(Error::Io { .. })));
    }

    #[test]
    fn batches_have_about_the_bytes_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = open(shards(folder.path()), &StreamOptions::default());
        let mut all = Vec::new();
        loop {
            let batch = stream.next_batch(100).unwrap();
            if batch.is_empty() {
                break;
            }
            assert!(batch.len() <= 25);
            all.extend(batch);
        }
        assert_eq!(all, interleaved(16));
    }
}
