//! The shuffle buffer: records go in in order and come out in a random one, which the seed decides.

use super::options::Shuffle;
use super::piece::Weighed;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Records among which the next one is chosen.
#[derive(Debug)]
pub(super) struct Buffer<T> {
    rng: ChaCha8Rng,
    most_records: usize,
    most_bytes: usize,
    records: Vec<Weighed<T>>,
    bytes: usize,
}

impl<T> Buffer<T> {
    /// Empty, for records of at most `most_bytes` bytes together.
    pub(super) fn new(shuffle: Shuffle, most_bytes: usize) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(shuffle.seed),
            most_records: shuffle.records.max(1),
            most_bytes,
            records: Vec::new(),
            bytes: 0,
        }
    }

    /// Puts the shards themselves in random order.
    pub(super) fn shuffle_shards<S>(&mut self, shards: &mut [S]) {
        shards.shuffle(&mut self.rng);
    }

    /// Whether more records are needed before one is chosen.
    pub(super) fn has_room(&self) -> bool {
        self.records.is_empty()
            || (self.records.len() < self.most_records && self.bytes < self.most_bytes)
    }

    /// Adds a record.
    pub(super) fn put(&mut self, record: Weighed<T>) {
        self.bytes += record.bytes;
        self.records.push(record);
    }

    /// Any of the records; none when there are none.
    pub(super) fn take(&mut self) -> Option<Weighed<T>> {
        if self.records.is_empty() {
            return None;
        }
        let chosen = self.rng.random_range(0..self.records.len());
        let record = self.records.swap_remove(chosen);
        self.bytes -= record.bytes;
        Some(record)
    }
}
