//! Windows of a clip: how long, how many, how far apart; in rows and in seconds.

use crate::Kind;
use needledrop_bundle::{Frontend, Matrix, Origin, RunRecord, Window};
use needledrop_frontend::FrontendConfig;

/// Length that a window of `compact` comes closest to.
const WINDOW_SECONDS: f64 = 3.0;
/// Windows are whole multiples of this many frames: what the network's strides divide.
const FRAME_MULTIPLE: usize = 16;
/// The same for windows of a quarter of a minute: what their pooling divides.
const LONG_FRAME_MULTIPLE: usize = 64;

/// Window of a network that takes any length: so much time of our frontend's features, an imported matrix whole.
pub fn window_of(origin: &Origin, by_time: impl FnOnce(&FrontendConfig) -> Window) -> Window {
    match (origin, origin.imported()) {
        (Origin::Frontend(Frontend { config, .. }), None) => by_time(config),
        (_, Some(matrix)) => whole(matrix),
        (Origin::External(matrix), None) => whole(*matrix),
    }
}

/// Seconds from one row of a clip to the next; none of features whose origin does not say.
///
/// # Units
/// A row is a frame of log-mel, or a sample of PCM.
fn row_seconds(origin: &Origin, kind: Kind) -> Option<f64> {
    let FrontendConfig {
        hop_samples,
        sample_rate_hz,
        ..
    } = origin.frontend()?.config;
    let samples = match kind {
        Kind::LogMel => hop_samples,
        Kind::Pcm => 1,
        Kind::Fma518 => return None,
    };
    Some(samples as f64 / f64::from(sample_rate_hz))
}

/// Seconds from one window of a run to the next; none of features whose origin does not say.
pub fn hop_seconds(record: &RunRecord) -> Option<f64> {
    hop_seconds_of(&record.origin, record.input.into(), record.window)
}

/// Seconds from one window of clips of `kind` to the next; none of features whose origin does not say.
pub fn hop_seconds_of(origin: &Origin, kind: Kind, window: Window) -> Option<f64> {
    Some(row_seconds(origin, kind)? * window.hop as f64)
}

fn whole(matrix: Matrix) -> Window {
    Window {
        frames: matrix.frames,
        hop: matrix.frames.div_ceil(2),
        bands: matrix.bands,
    }
}

/// About three seconds of frames, half overlapping, for any frontend.
///
/// # Shape
/// Preset `seed`: 128 frames, hop 64, 128 bands.
pub fn three_seconds(frontend: &FrontendConfig) -> Window {
    let frames = frames_of(frontend, WINDOW_SECONDS, FRAME_MULTIPLE).round() as usize;
    half_overlapping(frames.max(1) * FRAME_MULTIPLE, frontend)
}

/// At most three seconds of frames, one window after the other, for a network that costs much.
///
/// # Shape
/// Preset `tagger`: 187 frames, hop 187, 96 bands.
pub fn every_three_seconds(frontend: &FrontendConfig) -> Window {
    let frames = frames_of(frontend, WINDOW_SECONDS, 1).floor() as usize;
    Window {
        frames: frames.max(1),
        hop: frames.max(1),
        bands: frontend.mel_bands,
    }
}

/// About fifteen seconds of frames, or as many as the clips have if that is less, half overlapping.
///
/// # Shape
/// Preset `seed`: 640 frames, hop 320, 128 bands.
pub fn fifteen_seconds(frontend: &FrontendConfig, clip_rows: usize) -> Window {
    let most = frames_of(frontend, 15.0, LONG_FRAME_MULTIPLE).floor() as usize;
    let there = clip_rows / LONG_FRAME_MULTIPLE;
    half_overlapping(most.min(there).max(1) * LONG_FRAME_MULTIPLE, frontend)
}

/// At least five seconds of frames, an even number of them, half overlapping.
///
/// # Shape
/// Preset `mfcc`: 216 frames, hop 108, 40 bands.
pub fn five_seconds(frontend: &FrontendConfig) -> Window {
    half_overlapping(frames_of(frontend, 5.0, 2).ceil() as usize * 2, frontend)
}

fn half_overlapping(frames: usize, frontend: &FrontendConfig) -> Window {
    Window {
        frames,
        hop: frames / 2,
        bands: frontend.mel_bands,
    }
}

/// How many times `multiple` frames last so many seconds.
fn frames_of(frontend: &FrontendConfig, seconds: f64, multiple: usize) -> f64 {
    seconds * f64::from(frontend.sample_rate_hz) / frontend.hop_samples as f64 / multiple as f64
}

/// Windows of a clip of `rows` rows, one every hop, short clips repeated to fill one.
pub fn count(rows: usize, window: Window) -> usize {
    match rows.checked_sub(window.frames) {
        Some(rest) => rest / window.hop + 1,
        None => usize::from(rows > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, fifteen_seconds, five_seconds, three_seconds, window_of};
    use needledrop_bundle::{Frontend, Matrix, Origin, Window};
    use needledrop_frontend::FrontendConfig;

    #[test]
    fn seed_windows_are_128_frames() {
        assert_eq!(
            three_seconds(&FrontendConfig::SEED),
            Window {
                frames: 128,
                hop: 64,
                bands: 128
            }
        );
    }

    #[test]
    fn an_imported_matrix_is_one_window() {
        let matrix = Matrix {
            bands: 128,
            frames: 337,
        };
        let ours = Origin::of(FrontendConfig::SEED).unwrap();
        let assumed = Origin::Frontend(Frontend {
            assumed: Some(matrix),
            ..*ours.frontend().unwrap()
        });
        for origin in [Origin::External(matrix), assumed] {
            let window = window_of(&origin, three_seconds);
            assert_eq!((window.frames, window.bands), (337, 128));
            assert_eq!(count(337, window), 1);
        }
        assert_eq!(
            window_of(&ours, three_seconds),
            three_seconds(&FrontendConfig::SEED)
        );
    }

    #[test]
    fn windows_of_the_articles_are_those_of_the_articles() {
        let seed = FrontendConfig::SEED;
        assert_eq!(fifteen_seconds(&seed, usize::MAX).frames, 640);
        assert_eq!(fifteen_seconds(&seed, 300).frames, 256);
        assert_eq!(fifteen_seconds(&seed, 5).frames, 64);
        let five = five_seconds(&FrontendConfig::MFCC);
        assert_eq!((five.frames, five.hop, five.bands), (216, 108, 40));
    }
}
