//! Percussion: a stroke goes in, its sound is added to samples.

use super::coefficients::{RATE_HZ, decay_per_sample, one_pole};
use super::dice::Dice;
use super::tables::Cycle;

/// A drum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drum {
    Kick,
    Snare,
    Hat,
    OpenHat,
    Tom,
    Shaker,
}

/// A stroke on a drum.
pub(super) struct Stroke {
    pub(super) drum: Drum,
    pub(super) start_samples: usize,
    pub(super) amplitude: f32,
}

/// How one player's kit sounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kit {
    kick_hz: f32,
    kick_s: f32,
    snare_hz: f32,
    snare_s: f32,
    hat_s: f32,
    brightness: f32,
}

impl Kit {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self {
            kick_hz: dice.between((42.0, 75.0)),
            kick_s: dice.between((0.08, 0.28)),
            snare_hz: dice.between((150.0, 260.0)),
            snare_s: dice.between((0.05, 0.14)),
            hat_s: dice.between((0.012, 0.05)),
            brightness: dice.between((0.25, 0.8)),
        }
    }

    /// Adds a stroke to `out`.
    pub(super) fn play(
        &self,
        drum: Drum,
        start_samples: usize,
        amplitude: f32,
        dice: &mut Dice,
        out: &mut [f32],
    ) {
        let Some(out) = out.get_mut(start_samples..) else {
            return;
        };
        // Tone: end pitch, start pitch, time; noise: time; how much of each; how high the noise is.
        let (end_hz, start_hz, tone_s, tone, noise_s, noise, high) = match drum {
            Drum::Kick => (
                self.kick_hz,
                5.0 * self.kick_hz,
                self.kick_s,
                1.0,
                0.004,
                0.3,
                0.2,
            ),
            Drum::Snare => (
                self.snare_hz,
                1.4 * self.snare_hz,
                0.05,
                0.5,
                self.snare_s,
                0.7,
                self.brightness,
            ),
            Drum::Hat => (800.0, 800.0, 0.005, 0.0, self.hat_s, 0.5, 0.95),
            Drum::OpenHat => (800.0, 800.0, 0.005, 0.0, 4.0 * self.hat_s, 0.45, 0.95),
            Drum::Tom => (
                1.7 * self.kick_hz,
                2.6 * self.kick_hz,
                0.12,
                0.9,
                0.01,
                0.2,
                0.4,
            ),
            Drum::Shaker => (800.0, 800.0, 0.005, 0.0, 0.03, 0.4, 0.8),
        };
        let sine = Cycle::sine();
        let (tone_decay, noise_decay) = (decay_per_sample(tone_s), decay_per_sample(noise_s));
        let glide = decay_per_sample(0.02);
        let low_pass = one_pole(1_000.0 + 5_000.0 * high);
        let (mut tone_level, mut noise_level) = (tone * amplitude, noise * amplitude);
        let (mut pitch_hz, mut phase, mut low) = (start_hz, 0.0f32, 0.0f32);
        let longest_s = (7.0 * tone_s.max(noise_s)).min(1.5);
        for sample in out.iter_mut().take((longest_s * RATE_HZ) as usize) {
            let white = dice.noise();
            low += low_pass * (white - low);
            let coloured = white * (1.0 - self.brightness) * high
                + (white - low) * self.brightness
                + low * (1.0 - high);
            *sample += tone_level * sine.at(phase) + noise_level * coloured;
            phase += pitch_hz / RATE_HZ;
            phase -= phase.floor();
            pitch_hz = end_hz + (pitch_hz - end_hz) * glide;
            tone_level *= tone_decay;
            noise_level *= noise_decay;
        }
    }
}
