//! The sound card: a name and perhaps a rate in Hz in, a stream out whose mono samples fill the queue. The only folder
//! that names cpal.

mod callback;
mod devices;
mod error;

use crate::{
    offer::{Offer, choose},
    queue::{Signals, Tap},
};
use callback::Callback;
use cpal::{
    BufferSize, ErrorKind, StreamConfig, SupportedBufferSize,
    traits::{DeviceTrait, StreamTrait},
};
pub use devices::{DEFAULT_INPUT, Listed, devices};
use devices::{Pcm, described, find, offer};
pub use error::CaptureError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// The sound system keeps two periods, half a second, in which the callback's thread may be kept from running. A record
/// comes at most one period later for it. Left to choose, drivers keep as little as 46 ms.
const PERIODS_PER_SECOND: u32 = 4;
/// How long the sound system waits for a device between looks at its state.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);

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
    let mut callback = Callback::new(feed, offer.channels, rate_hz, Arc::clone(&signals));
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
