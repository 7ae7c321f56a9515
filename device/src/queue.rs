//! Samples from a source's thread to the worker: one lock-free ring buffer for the life of the program.
//!
//! A capture callback must never wait, so [`Feed::push`] drops what does not fit and counts it; a file's thread may, so
//! [`Feed::push_all`] waits for room. When a stream ends, its callback is dropped and the [`Feed`] in it sends its end
//! of the ring back to the worker, which lends it to the next stream.
use crate::limits::QUEUE_SAMPLES;
use heapless::spsc::{Consumer, Producer, Queue};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

/// How long a file's thread sleeps when the ring is full.
const FULL_WAIT: Duration = Duration::from_millis(10);

/// What both sides know of a stream.
#[derive(Debug, Default)]
pub struct Signals {
    /// Samples that did not fit, and those that the driver reports as lost.
    pub lost_samples: AtomicU64,
    /// The stream failed and gives nothing more.
    pub failed: AtomicBool,
    /// The stream came to its end.
    pub ended: AtomicBool,
    /// The worker wants no more.
    pub stop: AtomicBool,
}

/// The ring can't be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the last stream has not ended yet")]
pub struct Busy;

/// The source's end. Dropping it gives it back.
pub struct Feed {
    producer: Option<Producer<'static, i16>>,
    home: SyncSender<Producer<'static, i16>>,
    signals: Arc<Signals>,
}

/// The worker's end.
pub struct Tap {
    consumer: Consumer<'static, i16>,
    returned: Receiver<Producer<'static, i16>>,
    home: SyncSender<Producer<'static, i16>>,
}

impl Tap {
    /// Makes the ring. Its memory is never freed: there is one for the life of the program.
    pub fn new() -> Self {
        let queue: &'static mut Queue<i16, QUEUE_SAMPLES> = Box::leak(Box::default());
        let (producer, consumer) = queue.split();
        let (home, returned) = sync_channel(1);
        let waiting = home.try_send(producer);
        debug_assert!(waiting.is_ok(), "the channel has room for the one producer");
        Self {
            consumer,
            returned,
            home,
        }
    }

    /// The other end for a new stream. What is left of the last stream in the ring is thrown away.
    ///
    /// # Errors
    /// The last stream still holds it.
    pub fn lend(&mut self) -> Result<(Feed, Arc<Signals>), Busy> {
        let producer = self.returned.try_recv().map_err(|_| Busy)?;
        while self.consumer.dequeue().is_some() {}
        let signals = Arc::new(Signals::default());
        let feed = Feed {
            producer: Some(producer),
            home: self.home.clone(),
            signals: Arc::clone(&signals),
        };
        Ok((feed, signals))
    }

    /// Samples that wait.
    pub fn waiting(&self) -> usize {
        self.consumer.len()
    }

    /// Moves waiting samples to `block`, at most `most`, until it is full.
    pub fn drain<const N: usize>(&mut self, block: &mut heapless::Vec<i16, N>, most: usize) {
        for _ in 0..most.min(block.capacity() - block.len()) {
            let Some(sample) = self.consumer.dequeue() else {
                return;
            };
            let fits = block.push(sample);
            debug_assert!(fits.is_ok(), "there is room for that many");
        }
    }
}

impl Default for Tap {
    fn default() -> Self {
        Self::new()
    }
}

impl Feed {
    /// Enqueues what fits and counts the rest as lost. Never waits, allocates or locks.
    pub fn push(&mut self, pcm: impl Iterator<Item = i16>) {
        let Some(producer) = &mut self.producer else {
            return;
        };
        let lost = pcm
            .filter(|&sample| producer.enqueue(sample).is_err())
            .count() as u64;
        if lost > 0 {
            self.signals.lost_samples.fetch_add(lost, Ordering::Relaxed);
        }
    }

    /// Enqueues all, waiting for room; `false` when the worker wants no more.
    pub fn push_all(&mut self, pcm: &[i16]) -> bool {
        let Some(producer) = &mut self.producer else {
            return false;
        };
        for &sample in pcm {
            while producer.enqueue(sample).is_err() {
                if self.signals.stop.load(Ordering::Relaxed) {
                    return false;
                }
                thread::sleep(FULL_WAIT);
            }
        }
        !self.signals.stop.load(Ordering::Relaxed)
    }

    /// What both sides know.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(producer) = self.producer.take() {
            // Fails only when the worker is gone, and then nobody needs it.
            let _ = self.home.try_send(producer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ordering, Tap};
    use crate::limits::{BLOCK_SAMPLES, QUEUE_SAMPLES};

    fn drained(tap: &mut Tap) -> Vec<i16> {
        let mut block = heapless::Vec::<i16, BLOCK_SAMPLES>::new();
        tap.drain(&mut block, usize::MAX);
        block.to_vec()
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_fits_stays_in_order() {
        let mut tap = Tap::new();
        let (mut feed, signals) = tap.lend().unwrap();
        let capacity = QUEUE_SAMPLES - 1;
        feed.push((0..capacity + 5).map(|n| (n % 1_000) as i16));
        assert_eq!(tap.waiting(), capacity);
        let mut few = heapless::Vec::<i16, 8>::new();
        tap.drain(&mut few, 0);
        assert!(few.is_empty());
        assert_eq!(signals.lost_samples.load(Ordering::Relaxed), 5);
        let block = drained(&mut tap);
        assert_eq!(block.len(), BLOCK_SAMPLES);
        assert!(
            block
                .iter()
                .enumerate()
                .all(|(n, &sample)| sample == (n % 1_000) as i16)
        );
        feed.push([7; 10].into_iter());
        assert_eq!(
            signals.lost_samples.load(Ordering::Relaxed),
            5,
            "room again"
        );
    }

    #[test]
    fn the_ring_is_lent_to_one_stream_at_a_time_and_emptied_between() {
        let mut tap = Tap::new();
        let (mut feed, _) = tap.lend().unwrap();
        assert!(tap.lend().is_err());
        feed.push([1, 2, 3].into_iter());
        drop(feed);
        let (mut feed, _) = tap.lend().unwrap();
        feed.push([4].into_iter());
        assert_eq!(drained(&mut tap), [4]);
    }

    #[test]
    fn a_file_waits_for_room_and_stops_when_told() {
        let mut tap = Tap::new();
        let (mut feed, signals) = tap.lend().unwrap();
        let total = 2 * QUEUE_SAMPLES;
        let thread = std::thread::spawn(move || feed.push_all(&vec![9; total]));
        let mut got = 0;
        while got < total {
            got += drained(&mut tap).len();
        }
        assert!(thread.join().unwrap(), "all was taken");
        assert_eq!(signals.lost_samples.load(Ordering::Relaxed), 0);

        let (mut feed, signals) = tap.lend().unwrap();
        signals.stop.store(true, Ordering::Relaxed);
        assert!(!feed.push_all(&vec![9; total]));
    }
}
