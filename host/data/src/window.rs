//! Which part of a clip a model sees at once, and how it is scaled.

use crate::{Clip, Kind};
use needledrop_bundle::{Frontend, Matrix, Origin, RunInput, RunRecord, Window};
use needledrop_frontend::FrontendConfig;

/// Length that a window of `compact` comes closest to.
const WINDOW_SECONDS: f64 = 3.0;
/// Windows are whole multiples of this many frames: what the network's strides divide.
const FRAME_MULTIPLE: usize = 16;
/// The same for windows of a quarter of a minute: what their pooling divides.
const LONG_FRAME_MULTIPLE: usize = 64;

/// Least divisor of the normalisation: quieter structure than this is noise.
pub const LEAST_DEVIATION_DB: f32 = 1.0;
/// What a causal model counts in, since it can't know the window's deviation: about the deviation of music.
pub const TRAILING_UNIT_DB: f32 = 16.0;
/// One dB in the frontend's Q8.8 output.
pub const Q8_8_PER_DB: f32 = 256.0;

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
pub fn row_seconds(origin: &Origin, kind: Kind) -> Option<f64> {
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

/// Seconds from one window of a run to the next, as [`row_seconds`].
pub fn hop_seconds(record: &RunRecord) -> Option<f64> {
    let kind = match record.input {
        RunInput::Pcm => Kind::Pcm,
        RunInput::Fma518 => Kind::Fma518,
        _ => Kind::LogMel,
    };
    Some(row_seconds(&record.origin, kind)? * record.window.hop as f64)
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

/// Copies a window that starts at `first_row`, repeating a clip that ends too soon; `steps_per_unit` is a power of two.
pub fn copy_scaled(
    x: &[i16],
    window: Window,
    first_row: usize,
    steps_per_unit: f32,
    out: &mut [f32],
) {
    let rows = x.len() / window.bands;
    for (index, out) in out.chunks_exact_mut(window.bands).enumerate() {
        let row = (first_row + index) % rows;
        for (out, value) in out.iter_mut().zip(&x[row * window.bands..][..window.bands]) {
            *out = f32::from(*value) / steps_per_unit;
        }
    }
}

/// Reads the window of a clip that starts at `first_row` as [`copy_scaled`] does: from memory or from disk.
///
/// # Errors
/// Those of [`Clip::read_rows`].
pub fn read_scaled(
    clip: &Clip,
    window: Window,
    first_row: usize,
    steps_per_unit: f32,
    out: &mut [f32],
) -> Result<(), crate::Error> {
    let end = first_row + window.frames;
    if end <= clip.rows {
        let rows = clip.read_rows(first_row..end)?;
        copy_scaled(&rows, window, 0, steps_per_unit, out);
    } else {
        copy_scaled(&clip.read()?, window, first_row, steps_per_unit, out);
    }
    Ok(())
}

/// Removes one mean and one deviation of the whole window; the divisor is at least [`LEAST_DEVIATION_DB`].
///
/// The exported graph does the same with ReduceMean and Sub, both twice (in f32 one mean is not exact enough), Mul,
/// ReduceMean, Sqrt, Max and Div.
pub fn normalise(values: &mut [f32]) {
    let n = values.len() as f64;
    let mean = (values.iter().map(|&v| f64::from(v)).sum::<f64>() / n) as f32;
    for value in values.iter_mut() {
        *value -= mean;
    }
    let variance = values
        .iter()
        .map(|&v| f64::from(v) * f64::from(v))
        .sum::<f64>()
        / n;
    let scale = (variance.sqrt() as f32).max(LEAST_DEVIATION_DB).recip();
    for value in values.iter_mut() {
        *value *= scale;
    }
}

/// Subtracts from each frame the mean over all bands of it and the frames before it, `trailing` in all and fewer at the
/// start of the window; then divides by [`TRAILING_UNIT_DB`]. What a frame becomes depends on no later one.
pub fn subtract_trailing(values: &mut [f32], bands: usize, trailing: usize) {
    let frames: Vec<f64> = values
        .chunks_exact(bands)
        .map(|row| row.iter().map(|&v| f64::from(v)).sum::<f64>() / bands as f64)
        .collect();
    for (index, row) in values.chunks_exact_mut(bands).enumerate() {
        let past = &frames[(index + 1).saturating_sub(trailing)..=index];
        let mean = (past.iter().sum::<f64>() / past.len() as f64) as f32;
        for value in row {
            *value = (*value - mean) / TRAILING_UNIT_DB;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        count, fifteen_seconds, five_seconds, normalise, subtract_trailing, three_seconds,
        window_of,
    };
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

    #[test]
    fn gain_and_offset_vanish_and_silence_stays_small() {
        let mut a: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32).collect();
        let mut b: Vec<f32> = a.iter().map(|v| v - 30.0).collect();
        normalise(&mut a);
        normalise(&mut b);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
        let mut quiet: Vec<f32> = (0..64).map(|i| -100.0 + (i % 2) as f32 * 0.5).collect();
        normalise(&mut quiet);
        assert!(
            quiet.iter().all(|v| (v.abs() - 0.25).abs() < 1e-5),
            "a quarter dB stays a quarter"
        );
    }

    #[test]
    fn a_frame_is_normalised_by_its_past_alone() {
        let mut values = vec![16.0, 48.0, 64.0, 64.0, 0.0, 0.0];
        subtract_trailing(&mut values, 2, 2);
        // Means of the frames: 32, 64, 0; trailing over two: 32, 48, 32.
        assert_eq!(values, [-1.0, 1.0, 1.0, 1.0, -2.0, -2.0]);
    }
}
