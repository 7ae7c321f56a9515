//! The sound card. The only file that names cpal.
//!
//! The callback converts and enqueues: it never allocates, locks or logs. What goes wrong is left in [`Signals`] for the
//! worker, which closes the stream and opens it again.
use crate::{
    offer::{Offer, choose},
    queue::{Busy, Feed, Signals, Tap},
};
use cpal::{
    BufferSize, Data, ErrorKind, SampleFormat, SizedSample, StreamConfig, StreamInstant,
    SupportedBufferSize,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use needledrop_audio::{I24, Sample, U24, mono};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Frames that the callback converts at once when a format has to be rewritten first.
const REWRITE_FRAMES: usize = 64;
/// Most channels of such a format.
const REWRITE_CHANNELS: usize = 32;

/// Why a device can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The sound system's reason.
    #[error(transparent)]
    System {
        /// Its words.
        #[from]
        source: cpal::Error,
    },
    /// No input of that name.
    #[error("there is no such input; `needledrop-device devices` lists what there is")]
    NotFound,
    /// No rate, format and channel count that can be used.
    #[error("it offers no PCM between 8 and 96 kHz")]
    NoFormat,
    /// The stream before this one still holds the queue.
    #[error(transparent)]
    Busy {
        /// Reason.
        #[from]
        source: Busy,
    },
}

/// A stream that runs until it is dropped.
pub struct Capture {
    _stream: cpal::Stream,
    /// Rate in Hz.
    pub rate_hz: u32,
    /// What was asked for, in words.
    pub format: String,
    /// What its callback says.
    pub signals: Arc<Signals>,
}

/// Opens `device` (`default`, or an id that [`devices`] lists, or any name that ALSA knows) and starts it. Its samples
/// come out of `tap`.
///
/// The sound system is asked for a long buffer first: what a busy board reads late is then still there.
///
/// # Errors
/// When the device is not there or gives nothing that can be used; opening again later may succeed.
pub fn open(device: &str, wanted_hz: Option<u32>, tap: &mut Tap) -> Result<Capture, CaptureError> {
    let host = cpal::default_host();
    let device = find(&host, device)?;
    let offers: Vec<_> = device
        .supported_input_configs()?
        .filter_map(offer)
        .collect();
    let (offer, rate_hz) = choose(&offers, wanted_hz).ok_or(CaptureError::NoFormat)?;
    if let Some(frames) = long_period(offer.format.period_frames, rate_hz) {
        match start(&device, &offer, rate_hz, BufferSize::Fixed(frames), tap) {
            // The sizes hold for some rates, perhaps not for this one: then as the device likes it.
            Err(CaptureError::System { source })
                if source.kind() == ErrorKind::UnsupportedConfig => {}
            opened => return opened,
        }
    }
    start(&device, &offer, rate_hz, BufferSize::Default, tap)
}

/// The sound system keeps two periods, half a second, in which the callback's thread may be kept from running. A record
/// comes at most one period later for it. Left to choose, drivers keep as little as 46 ms.
const PERIODS_PER_SECOND: u32 = 4;

/// Frames of a period of [`PERIODS_PER_SECOND`], or as near to it as the device comes.
fn long_period(offered: SupportedBufferSize, rate_hz: u32) -> Option<u32> {
    match offered {
        SupportedBufferSize::Range { min, max } if min <= max => {
            Some((rate_hz / PERIODS_PER_SECOND).clamp(min, max))
        }
        _ => None,
    }
}

fn start(
    device: &cpal::Device,
    offer: &Offer<Pcm>,
    rate_hz: u32,
    buffer_size: BufferSize,
    tap: &mut Tap,
) -> Result<Capture, CaptureError> {
    // A stream that could not be built has given the queue back.
    let (feed, signals) = tap.lend()?;
    let failures = Arc::clone(&signals);
    let mut callback = Callback {
        feed,
        channels: usize::from(offer.channels),
        rate_hz,
        signals: Arc::clone(&signals),
        last: None,
    };
    let stream = device.build_input_stream_raw(
        StreamConfig {
            channels: offer.channels,
            sample_rate: rate_hz,
            buffer_size,
        },
        offer.format.samples,
        move |data, info| callback.process(data, info.timestamp().capture),
        move |error| match error.kind() {
            // The stream goes on; the gap shows in the time stamps of the next callback.
            ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
            _ => failures.failed.store(true, Ordering::Release),
        },
        Some(OPEN_TIMEOUT),
    )?;
    stream.play()?;
    Ok(Capture {
        _stream: stream,
        rate_hz,
        format: described(offer, rate_hz),
        signals,
    })
}

/// How long the sound system waits for a device between looks at its state.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);

/// An input as `devices` lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What `--input` takes.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What would be asked for, or why it can't be used.
    pub format: String,
}

/// The inputs that there are, `default` first.
///
/// # Errors
/// The sound system's.
pub fn devices() -> Result<Vec<Listed>, CaptureError> {
    let host = cpal::default_host();
    let default = host
        .default_input_device()
        .map(|device| listed("default".to_owned(), &device));
    let others = host.input_devices()?.filter_map(|device| {
        let id = device.id().ok()?.id().to_owned();
        (id != "default").then(|| listed(id, &device))
    });
    Ok(default.into_iter().chain(others).collect())
}

fn listed(id: String, device: &cpal::Device) -> Listed {
    let name = device
        .description()
        .map_or_else(|error| error.to_string(), |text| text.name().to_owned());
    let format = match device.supported_input_configs() {
        Err(error) => format!("can't be opened: {error}"),
        Ok(configs) => match choose(&configs.filter_map(offer).collect::<Vec<_>>(), None) {
            None => CaptureError::NoFormat.to_string(),
            Some((offer, rate_hz)) => described(&offer, rate_hz),
        },
    };
    Listed { id, name, format }
}

fn described(offer: &Offer<Pcm>, rate_hz: u32) -> String {
    let Pcm { samples, .. } = offer.format;
    format!("{samples} {rate_hz} Hz {} ch", offer.channels)
}

fn find(host: &cpal::Host, name: &str) -> Result<cpal::Device, CaptureError> {
    if name == "default" {
        return host.default_input_device().ok_or(CaptureError::NotFound);
    }
    let by_id = host.device_by_id(&cpal::DeviceId::new(host.id(), name));
    let named = |device: &cpal::Device| {
        device
            .description()
            .is_ok_and(|description| description.name() == name)
    };
    by_id
        .or_else(|| host.input_devices().ok()?.find(named))
        .ok_or(CaptureError::NotFound)
}

/// What a sound card offers beside channels and rates.
#[derive(Clone, Copy)]
struct Pcm {
    samples: SampleFormat,
    /// Frames that a period may have, at one rate or another.
    period_frames: SupportedBufferSize,
}

fn offer(range: cpal::SupportedStreamConfigRange) -> Option<Offer<Pcm>> {
    if range.channels() == 0 {
        return None;
    }
    let rewritten = usize::from(range.channels()) <= REWRITE_CHANNELS;
    let format_rank = match range.sample_format() {
        SampleFormat::I16 => 9,
        SampleFormat::I32 => 8,
        SampleFormat::F32 => 7,
        SampleFormat::I24 if rewritten => 6,
        SampleFormat::U16 => 5,
        SampleFormat::U32 => 4,
        SampleFormat::F64 => 3,
        SampleFormat::U24 | SampleFormat::I64 | SampleFormat::U64 if rewritten => 2,
        SampleFormat::I8 | SampleFormat::U8 => 1,
        // Not PCM (one-bit streams), or a format that this program does not know.
        _ => return None,
    };
    Some(Offer {
        format: Pcm {
            samples: range.sample_format(),
            period_frames: *range.buffer_size(),
        },
        format_rank,
        channels: range.channels(),
        rates_hz: range.min_sample_rate()..=range.max_sample_rate(),
    })
}

/// What runs in the sound system's thread.
struct Callback {
    feed: Feed,
    channels: usize,
    rate_hz: u32,
    signals: Arc<Signals>,
    /// Time stamp and frames of the last call.
    last: Option<(StreamInstant, usize)>,
}

impl Callback {
    fn process(&mut self, data: &Data, captured: StreamInstant) {
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

/// Least gap between two callbacks' time stamps that is a loss, in seconds.
const GAP_SECONDS: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::long_period;
    use cpal::SupportedBufferSize::{Range, Unknown};

    #[test]
    fn a_quarter_of_a_second_or_as_near_as_the_device_comes() {
        let any = Range {
            min: 1,
            max: 1 << 20,
        };
        assert_eq!(long_period(any, 48_000), Some(12_000));
        let short = Range {
            min: 16,
            max: 2_048,
        };
        assert_eq!(long_period(short, 48_000), Some(2_048));
        let long = Range {
            min: 20_000,
            max: 30_000,
        };
        assert_eq!(long_period(long, 48_000), Some(20_000));
        assert_eq!(long_period(Unknown, 48_000), None);
        assert_eq!(long_period(Range { min: 2, max: 1 }, 48_000), None);
    }
}
