//! Threads that read pieces of shards: a shard goes in, a receiver of its next piece comes out at once.

use super::piece::{OpenOrNot, Piece, read_piece};
use crate::Error;
use crate::stored::StoredFile;
use crate::tfrecord::Record;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The threads; they end when it is dropped.
#[derive(Debug)]
pub(super) struct Readers<T> {
    jobs: Option<Sender<Job<T>>>,
    threads: Vec<JoinHandle<()>>,
}

struct Job<T> {
    shard: OpenOrNot,
    to: Sender<Piece<T>>,
}

impl<T: Send + 'static> Readers<T> {
    /// Starts them; `decode` is called by all of them, and leaves out what it gives nothing for.
    pub(super) fn start(
        threads: usize,
        piece_bytes: usize,
        decode: impl Fn(&Path, &Arc<StoredFile>, &Record<'_>) -> Result<Option<T>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let (jobs, queue) = channel::<Job<T>>();
        let queue = Arc::new(Mutex::new(queue));
        let decode = Arc::new(decode);
        let threads = (0..threads)
            .map(|_| {
                let (queue, decode) = (Arc::clone(&queue), Arc::clone(&decode));
                std::thread::spawn(move || {
                    loop {
                        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(Job { shard, to }) = job else { return };
                        // Nobody listens when the stream was dropped.
                        let _ = to.send(read_piece(shard, piece_bytes, &*decode));
                    }
                })
            })
            .collect();
        Self {
            jobs: Some(jobs),
            threads,
        }
    }
}

impl<T> Readers<T> {
    /// Has the next piece of a shard read; none when no thread is left.
    pub(super) fn ask_for(&self, shard: OpenOrNot) -> Option<Receiver<Piece<T>>> {
        let (to, coming) = channel();
        self.jobs.as_ref()?.send(Job { shard, to }).ok()?;
        Some(coming)
    }
}

impl<T> Drop for Readers<T> {
    fn drop(&mut self) {
        // Without a sender the threads end after the piece they are at.
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to give.
            let _ = thread.join();
        }
    }
}
