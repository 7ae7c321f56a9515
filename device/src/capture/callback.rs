//! What runs in the sound system's thread: interleaved samples of any format in, mono 16-bit samples into the queue.
//!
//! It never allocates, locks or logs. What goes wrong is left in [`Signals`] for the worker, which closes the stream
//! and opens it again.
use crate::queue::{Feed, Signals};
use cpal::{Data, SampleFormat, SizedSample, StreamInstant};
use needledrop_audio::{I24, Sample, U24, mono};
use std::sync::{Arc, atomic::Ordering};

/// Frames that are converted at once when a format has to be rewritten first.
const REWRITE_FRAMES: usize = 64;
/// Most channels of a format that has to be rewritten.
pub(super) const REWRITE_CHANNELS: usize = 32;
/// Least gap between two callbacks' time stamps that is a loss, in seconds.
const GAP_SECONDS: f64 = 0.1;

/// The far end of a stream.
pub(super) struct Callback {
    feed: Feed,
    channels: usize,
    rate_hz: u32,
    signals: Arc<Signals>,
    /// Time stamp and frames of the last call.
    last: Option<(StreamInstant, usize)>,
}

impl Callback {
    /// For a stream of so many channels at this rate.
    pub(super) fn new(feed: Feed, channels: u16, rate_hz: u32, signals: Arc<Signals>) -> Self {
        Self {
            feed,
            channels: usize::from(channels),
            rate_hz,
            signals,
            last: None,
        }
    }

    /// Takes what the sound system has captured at this time.
    pub(super) fn process(&mut self, data: &Data, captured: StreamInstant) {
        self.count_gap(captured, data.len() / self.channels);
        match data.sample_format() {
            SampleFormat::I16 => self.push::<i16>(data),
            SampleFormat::I32 => self.push::<i32>(data),
            SampleFormat::F32 => self.push::<f32>(data),
            SampleFormat::U16 => self.push::<u16>(data),
            SampleFormat::U32 => self.push::<u32>(data),
            SampleFormat::F64 => self.push::<f64>(data),
            SampleFormat::I8 => self.push::<i8>(data),
            SampleFormat::U8 => self.push::<u8>(data),
            SampleFormat::I24 => self.rewrite(data, |sample: cpal::I24| I24(sample.inner())),
            SampleFormat::U24 => self.rewrite(data, |sample: cpal::U24| U24(sample.inner() as u32)),
            // The lower half is far below what 16 bits hold.
            SampleFormat::I64 => self.rewrite(data, |sample: i64| (sample >> 32) as i32),
            SampleFormat::U64 => self.rewrite(data, |sample: u64| (sample >> 32) as u32),
            _ => {}
        }
    }

    fn push<S: SizedSample + Sample>(&mut self, data: &Data) {
        if let Some(interleaved) = data.as_slice::<S>() {
            self.feed.push(mono(interleaved, self.channels));
        }
    }

    /// Formats that the downmix rule does not take as they are, through a buffer on the stack.
    fn rewrite<T: SizedSample, S: Sample>(&mut self, data: &Data, to: impl Fn(T) -> S) {
        let Some(interleaved) = data.as_slice::<T>() else {
            return;
        };
        let mut block = [to(T::EQUILIBRIUM); REWRITE_FRAMES * REWRITE_CHANNELS];
        for frames in interleaved.chunks(REWRITE_FRAMES * self.channels) {
            for (slot, &sample) in block.iter_mut().zip(frames) {
                *slot = to(sample);
            }
            let written = frames.len().min(block.len());
            self.feed.push(mono(&block[..written], self.channels));
        }
    }

    /// After an overrun in the sound system the time stamps are further apart than the frames between them: the
    /// difference is what was lost. Jitter of the stamps stays well below [`GAP_SECONDS`].
    fn count_gap(&mut self, captured: StreamInstant, frames: usize) {
        let last = self.last.replace((captured, frames));
        let Some((before, frames)) = last else { return };
        let rate_hz = f64::from(self.rate_hz);
        let elapsed_s = captured.duration_since(before).as_secs_f64();
        let gap_s = elapsed_s - frames as f64 / rate_hz;
        if gap_s > GAP_SECONDS {
            let lost = (gap_s * rate_hz) as u64;
            self.signals.lost_samples.fetch_add(lost, Ordering::Relaxed);
        }
    }
}
