//! Which inputs there are, what each offers, and the one that a name means.
use super::{callback::REWRITE_CHANNELS, error::CaptureError};
use crate::offer::{Offer, choose};
use cpal::{
    SampleFormat, SupportedBufferSize,
    traits::{DeviceTrait, HostTrait},
};

/// Name of the input that the system's user has chosen.
pub const DEFAULT_INPUT: &str = "default";

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
        .map(|device| listed(DEFAULT_INPUT.to_owned(), &device));
    let others = host.input_devices()?.filter_map(|device| {
        let id = device.id().ok()?.id().to_owned();
        (id != DEFAULT_INPUT).then(|| listed(id, &device))
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

/// What was asked for, in words.
pub(super) fn described(offer: &Offer<Pcm>, rate_hz: u32) -> String {
    let Pcm { samples, .. } = offer.format;
    format!("{samples} {rate_hz} Hz {} ch", offer.channels)
}

/// The input of this name: `default`, an id that [`devices`] lists, or a name for people.
pub(super) fn find(host: &cpal::Host, name: &str) -> Result<cpal::Device, CaptureError> {
    if name == DEFAULT_INPUT {
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
pub(super) struct Pcm {
    pub(super) samples: SampleFormat,
    /// Frames that a period may have, at one rate or another.
    pub(super) period_frames: SupportedBufferSize,
}

/// An offer in the terms of [`choose`]; none when this program can't use it.
pub(super) fn offer(range: cpal::SupportedStreamConfigRange) -> Option<Offer<Pcm>> {
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
