//! How a window is drawn, by what it is of: log-mel as a picture, PCM as a trace and its spectrum.

use super::picture::Picture;
use super::{optimum, sound};
use needledrop_bundle::InputKind;
use needledrop_networks::Input;

/// A normalised window.
pub(super) fn window(x: &[f32], input: &Input) -> Picture {
    match input.kind {
        InputKind::Pcm => sound::waveform(x),
        _ => Picture::of_frames(x, input.window.bands, [-optimum::MOST, optimum::MOST]),
    }
}

/// How much each value of a window matters.
pub(super) fn amounts(map: &[f32], input: &Input) -> Picture {
    match input.kind {
        InputKind::Pcm => sound::strip(map),
        _ => {
            let most = map.iter().fold(f32::MIN_POSITIVE, |most, &it| most.max(it));
            Picture::of_frames(map, input.window.bands, [0.0, most])
        }
    }
}

/// A window that an ascent ended with.
pub(super) fn optimal(x: &[f32], input: &Input) -> Picture {
    match input.kind {
        InputKind::Pcm => sound::optimum(x),
        _ => window(x, input),
    }
}
