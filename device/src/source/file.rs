//! A file at the speed of life: blocks of samples in, the same into the queue when they would have been heard.
use crate::queue::Feed;
use needledrop_audio::AudioFile;
use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

/// How finely it is paced.
const SLICES_PER_SECOND: u32 = 50;

/// Plays it: each slice of a block is enqueued when its last sample would have been heard.
pub(super) fn play(mut file: AudioFile, rate_hz: u32, mut feed: Feed) {
    let start = Instant::now();
    let slice_samples = (rate_hz / SLICES_PER_SECOND).max(1) as usize;
    let mut samples: u64 = 0;
    loop {
        match file.next_block() {
            Ok(Some(block)) => {
                for slice in block.chunks(slice_samples) {
                    samples += slice.len() as u64;
                    let due = Duration::from_secs_f64(samples as f64 / f64::from(rate_hz));
                    thread::sleep(due.saturating_sub(start.elapsed()));
                    if !feed.push_all(slice) {
                        return;
                    }
                }
            }
            Ok(None) => break feed.signals().ended.store(true, Ordering::Release),
            Err(_) => break feed.signals().failed.store(true, Ordering::Release),
        }
    }
}
