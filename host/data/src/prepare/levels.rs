//! Levels of a clip's own PCM: is there anything to hear, and was it recorded too loud.
//!
//! Silent: the loudest second has an RMS, its mean removed, below [`SILENT_DBFS`]. That is the level under which the
//! board says `no-music` whatever its model thinks, so such a clip could only teach a genre to noise.
//!
//! Clipped: more than [`CLIPPED_SHARE`] of all samples are in runs of [`CLIPPED_RUN`] or more equal samples at full
//! scale. A peak that merely touches full scale makes shorter runs.

use crate::units::PCM_FULL_SCALE;

/// Level below which a clip is silent.
///
/// # Units
/// dB; 0 is the RMS of a square wave at full scale.
pub(super) const SILENT_DBFS: f64 = -65.0;

/// Least run of samples at full scale that counts as clipping.
const CLIPPED_RUN: u64 = 3;

/// Share of clipped samples that is worth a note.
const CLIPPED_SHARE: f64 = 0.001;

/// Measures PCM block by block.
pub(super) struct Meter {
    second_samples: u64,
    second: Second,
    loudest_variance: f64,
    samples: u64,
    last: i16,
    run: u64,
    clipped: u64,
}

#[derive(Default)]
struct Second {
    samples: u64,
    sum: i64,
    sum_of_squares: u64,
}

/// What a [`Meter`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// RMS of the loudest second; minus infinity when all samples are equal.
    pub(super) loudest_dbfs: f64,
    /// Share of samples in runs at full scale.
    pub(super) clipped_share: f64,
}

impl Levels {
    pub(super) fn is_silent(&self) -> bool {
        self.loudest_dbfs < SILENT_DBFS
    }

    pub(super) fn is_clipped(&self) -> bool {
        self.clipped_share > CLIPPED_SHARE
    }
}

impl Meter {
    pub(super) fn new(rate_hz: u32) -> Self {
        Self {
            second_samples: u64::from(rate_hz.max(1)),
            second: Second::default(),
            loudest_variance: 0.0,
            samples: 0,
            last: 0,
            run: 0,
            clipped: 0,
        }
    }

    pub(super) fn push(&mut self, pcm: &[i16]) {
        let mut rest = pcm;
        while !rest.is_empty() {
            let room = self.second_samples - self.second.samples;
            let (part, after) = rest
                .split_at(usize::try_from(room).map_or(rest.len(), |room| room.min(rest.len())));
            self.second.add(part);
            if self.second.samples == self.second_samples {
                self.end_second();
            }
            rest = after;
        }
        self.count_clipped(pcm);
        self.samples += pcm.len() as u64;
    }

    pub(super) fn finish(mut self) -> Levels {
        self.end_second();
        self.end_run();
        Levels {
            loudest_dbfs: 10.0
                * (self.loudest_variance / f64::from(PCM_FULL_SCALE).powi(2)).log10(),
            clipped_share: self.clipped as f64 / self.samples.max(1) as f64,
        }
    }

    fn end_second(&mut self) {
        self.loudest_variance = self.loudest_variance.max(self.second.variance());
        self.second = Second::default();
    }

    fn count_clipped(&mut self, pcm: &[i16]) {
        for &sample in pcm {
            if sample != i16::MAX && sample != i16::MIN {
                if self.run > 0 {
                    self.end_run();
                }
                continue;
            }
            if sample != self.last {
                self.end_run();
            }
            self.last = sample;
            self.run += 1;
        }
    }

    fn end_run(&mut self) {
        if self.run >= CLIPPED_RUN {
            self.clipped += self.run;
        }
        self.run = 0;
    }
}

impl Second {
    fn add(&mut self, pcm: &[i16]) {
        self.samples += pcm.len() as u64;
        for &sample in pcm {
            self.sum += i64::from(sample);
            self.sum_of_squares += u64::from(sample.unsigned_abs()).pow(2);
        }
    }

    fn variance(&self) -> f64 {
        let samples = self.samples.max(1) as f64;
        let mean = self.sum as f64 / samples;
        (self.sum_of_squares as f64 / samples - mean * mean).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels(pcm: &[i16], block: usize) -> Levels {
        let mut meter = Meter::new(1_000);
        pcm.chunks(block).for_each(|block| meter.push(block));
        meter.finish()
    }

    fn sine(amplitude: f64, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|i| {
                (amplitude * (i as f64 * 0.3).sin())
                    .round()
                    .clamp(-32_768.0, 32_767.0) as i16
            })
            .collect()
    }

    #[test]
    fn levels_are_those_of_the_loudest_second() {
        let mut pcm = vec![0; 3_000];
        pcm.extend(sine(3_276.8 * 2f64.sqrt(), 1_000));
        pcm.extend([0; 500]);
        let found = levels(&pcm, 77);
        assert!((found.loudest_dbfs + 20.0).abs() < 0.05, "{found:?}");
        assert!(!found.is_silent() && !found.is_clipped());
    }

    #[test]
    fn silence_is_silent_whatever_its_offset() {
        for offset in [0, 5_000] {
            let found = levels(&vec![offset; 2_500], 100);
            assert_eq!(found.loudest_dbfs, f64::NEG_INFINITY);
            assert!(found.is_silent());
        }
        let whisper: Vec<i16> = (0..2_000).map(|i| 5_000 + i % 2 * 2).collect();
        assert!(levels(&whisper, 100).is_silent());
        let quiet: Vec<i16> = (0..2_000).map(|i| (i % 2) * 60).collect();
        assert!(!levels(&quiet, 100).is_silent());
        // Shorter than a second.
        assert!(!levels(&sine(20_000.0, 90), 50).is_silent());
    }

    #[test]
    fn only_runs_at_full_scale_are_clipping() {
        assert!(
            !levels(&sine(32_767.0, 5_000), 64).is_clipped(),
            "touches full scale"
        );
        let loud = levels(&sine(60_000.0, 5_000), 64);
        assert!(loud.is_clipped());
        assert!(
            loud.clipped_share > 0.5 && loud.clipped_share < 0.8,
            "{loud:?}"
        );
        let flat_below = vec![30_000; 5_000];
        assert!(!levels(&flat_below, 64).is_clipped());
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(
            pcm in prop::collection::vec(prop_oneof![any::<i16>(), Just(i16::MAX), Just(i16::MIN)], 1..3_000),
            block in 1usize..700,
        ) {
            prop_assert_eq!(levels(&pcm, block), levels(&pcm, pcm.len()));
        }
    }
}
