//! A fingerprint by which the same recording is known again after another encoder, another gain, or a cut.
//!
//! Every item is 32 signs over 33 adjoining groups of mel bands: does the level of a group, averaged over a window,
//! rise more from this window to the next one than that of the group above it? A gain changes no sign, an encoder few.
//! The frontend has already made the log-mel, so this costs next to nothing, and being integer arithmetic it gives the
//! same items on every machine.
//!
//! # Source
//! J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002.

use crate::units::Q8_8_PER_DB;
use needledrop_frontend::FrontendConfig;

/// Groups of bands: one more than an item has bits.
const GROUPS: usize = 33;

/// Length of the averages.
const WINDOW_S: f64 = 0.743;

/// From one item to the next.
const STEP_S: f64 = 0.093;

/// Items of a clip, at most: of a longer one its middle two minutes. An excerpt is commonly taken from there.
const MOST_ITEMS: usize = 1_290;

/// An item of a stretch in which nothing changes, a held tone say: it is like any other such and tells nothing.
pub(super) const VOID: u32 = 0;

/// Changes smaller than this on average make an item void.
const LEAST_CHANGE_DB: f64 = 0.25;

/// Steps of a group's level within one of Q8.8.
const SCALE: i64 = 16;

/// The fingerprint of a clip's log-mel; empty when it is shorter than two windows or has too few bands.
pub(super) fn of_log_mel(config: &FrontendConfig, log_mel: &[i16]) -> Vec<u32> {
    let bands = config.mel_bands;
    let frames_of = |seconds: f64| {
        let frames = seconds * f64::from(config.sample_rate_hz) / config.hop_samples as f64;
        (frames.round() as usize).max(1)
    };
    let (window, step) = (frames_of(WINDOW_S), frames_of(STEP_S));
    let lowest = bands / 16;
    let end = (bands * 37 / 64).max(lowest + GROUPS);
    let frames = log_mel.len() / bands.max(1);
    if end > bands || frames < 2 * window {
        return Vec::new();
    }
    let items = ((frames - 2 * window) / step + 1).min(MOST_ITEMS);
    let used_frames = 2 * window + (items - 1) * step;
    let first_frame = (frames - used_frames) / 2;
    let edges: [usize; GROUPS + 1] =
        std::array::from_fn(|group| lowest + (end - lowest) * group / GROUPS);
    // Sums from the first frame on: a window's is the difference of two.
    let mut sums = Vec::with_capacity(used_frames + 1);
    let mut sum = [0i64; GROUPS];
    sums.push(sum);
    for frame in log_mel
        .chunks_exact(bands)
        .skip(first_frame)
        .take(used_frames)
    {
        for (sum, edge) in sum.iter_mut().zip(edges.windows(2)) {
            let group = &frame[edge[0]..edge[1]];
            let total: i64 = group.iter().map(|&level| i64::from(level)).sum();
            *sum += total * SCALE / group.len() as i64;
        }
        sums.push(sum);
    }
    let least_change =
        (LEAST_CHANGE_DB * f64::from(Q8_8_PER_DB) * SCALE as f64 * (window * (GROUPS - 1)) as f64)
            as i64;
    (0..items)
        .map(|item| {
            let [start, middle, end] =
                [0, window, 2 * window].map(|offset| &sums[item * step + offset]);
            let rise = |group: usize| end[group] - 2 * middle[group] + start[group];
            let mut bits = 0;
            let mut change = 0;
            for group in 0..GROUPS - 1 {
                let steeper = rise(group) - rise(group + 1);
                bits |= u32::from(steeper > 0) << group;
                change += steeper.abs();
            }
            match (change < least_change, bits) {
                (true, _) => VOID,
                (false, VOID) => 1,
                (false, bits) => bits,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise in every band, its level changing from frame to frame.
    fn log_mel(config: &FrontendConfig, frames: usize) -> Vec<i16> {
        let mut state = 1u32;
        (0..frames * config.mel_bands)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 19) as i16 - 9_000
            })
            .collect()
    }

    #[test]
    fn a_gain_changes_nothing_and_a_cut_of_whole_steps_only_drops_items() {
        for name in ["seed", "mfcc", "compact"] {
            let config = FrontendConfig::preset(name).unwrap();
            let whole = log_mel(&config, 800);
            let items = of_log_mel(&config, &whole);
            assert!(items.len() > 150, "{name}: {}", items.len());
            assert!(items.iter().all(|&item| item != VOID));
            let louder: Vec<i16> = whole.iter().map(|level| level + 6 * 256).collect();
            assert_eq!(of_log_mel(&config, &louder), items);
            let step = (STEP_S * f64::from(config.sample_rate_hz) / config.hop_samples as f64)
                .round() as usize;
            let cut = &whole[7 * step * config.mel_bands..];
            assert_eq!(of_log_mel(&config, cut), items[7..]);
        }
    }

    #[test]
    fn a_held_tone_is_void_and_a_blink_has_none() {
        let config = FrontendConfig::preset("seed").unwrap();
        let frame: Vec<i16> = (0..128).map(|band| band * 50 - 9_000).collect();
        let held = frame.repeat(200);
        assert!(of_log_mel(&config, &held).iter().all(|&item| item == VOID));
        assert!(of_log_mel(&config, &log_mel(&config, 60)).is_empty());
        assert!(of_log_mel(&config, &[]).is_empty());
    }

    #[test]
    fn of_a_long_clip_the_middle_is_taken() {
        let config = FrontendConfig::preset("seed").unwrap();
        let whole = log_mel(&config, 20_000);
        let items = of_log_mel(&config, &whole);
        assert_eq!(items.len(), MOST_ITEMS);
        let cut = 4 * 1_000 * config.mel_bands;
        assert_eq!(of_log_mel(&config, &whole[cut..whole.len() - cut]), items);
    }
}
