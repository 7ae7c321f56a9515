//! How a stream reads: threads, memory and order, and what is usual.

/// How a stream reads.
#[derive(Clone, Copy, Debug)]
pub struct StreamOptions {
    /// Threads that read and decode; 0 is one a core.
    pub threads: usize,
    /// Shards that are interleaved.
    pub cycle: usize,
    /// Bytes of records that are read ahead, over all shards, and again as many that wait to be shuffled.
    pub memory_bytes: usize,
    /// Random order of shards and records; none is the order of the shards, interleaved.
    pub shuffle: Option<Shuffle>,
}

/// A random order.
#[derive(Clone, Copy, Debug)]
pub struct Shuffle {
    /// Another seed, another order.
    pub seed: u64,
    /// Records among which the next one is chosen.
    pub records: usize,
}

impl Default for StreamOptions {
    /// As many threads as cores, 16 shards, 16 MiB, no shuffling.
    fn default() -> Self {
        Self {
            threads: 0,
            cycle: 16,
            memory_bytes: 16 << 20,
            shuffle: None,
        }
    }
}
