//! Speech-like sound: a voiced source and breath noise through three formants, in syllables, phrases and pauses.
//!
//! # Source
//! The source-filter model of speech; formant frequencies of the vowels after Peterson and Barney (1952), rounded.

use super::coefficients::RATE_HZ;
use super::dice::Dice;
use super::tables::{Cycle, Wave};

/// F1, F2, F3 in Hz of adult voices.
const VOWELS_HZ: [[f32; 3]; 8] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [440.0, 1020.0, 2240.0],
    [300.0, 870.0, 2240.0],
];
const BANDWIDTHS_HZ: [f32; 3] = [70.0, 100.0, 160.0];
/// Samples between two updates of the formants.
const UPDATE_SAMPLES: usize = 64;

/// A two-pole resonance with gain 1 at its centre, roughly.
#[derive(Clone, Copy, Default)]
struct Resonance {
    a1: f32,
    a2: f32,
    gain: f32,
    y1: f32,
    y2: f32,
}

impl Resonance {
    fn tune(&mut self, centre_hz: f32, bandwidth_hz: f32) {
        let radius = libm::exp(-core::f64::consts::PI * f64::from(bandwidth_hz / RATE_HZ));
        let angle = core::f64::consts::TAU * f64::from(centre_hz / RATE_HZ);
        self.a1 = (2.0 * radius * libm::cos(angle)) as f32;
        self.a2 = (-radius * radius) as f32;
        self.gain = ((1.0 - radius)
            * libm::sqrt(1.0 + radius * radius - 2.0 * radius * libm::cos(2.0 * angle)))
            as f32;
    }

    #[inline]
    fn next(&mut self, x: f32) -> f32 {
        let y = self.gain * x + self.a1 * self.y1 + self.a2 * self.y2;
        self.y2 = self.y1;
        self.y1 = y;
        y
    }
}

/// A talker.
pub(super) struct Talker {
    pitch_hz: f32,
    /// Length of the vocal tract against the table's, as a ratio of frequencies.
    formants: f32,
    syllable_s: f32,
    breath: f32,
}

impl Talker {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self {
            pitch_hz: dice.between((85.0, 240.0)),
            formants: dice.between((0.88, 1.18)),
            syllable_s: dice.between((0.13, 0.26)),
            breath: dice.between((0.02, 0.12)),
        }
    }

    /// Adds talk to `out` at `amplitude`.
    pub(super) fn talk(&self, amplitude: f32, dice: &mut Dice, out: &mut [f32]) {
        let mut position = (dice.between((0.0, 0.5)) * RATE_HZ) as usize;
        let mut voice = Voice::default();
        while position < out.len() {
            let syllables = 2 + dice.below(12);
            let accent = dice.below(syllables);
            for syllable in 0..syllables {
                // Pitch falls over a phrase and jumps at the accent.
                let fall = 1.12 - 0.25 * syllable as f32 / syllables as f32;
                let jump = if syllable == accent {
                    dice.between((1.1, 1.4))
                } else {
                    1.0
                };
                let pitch_hz = self.pitch_hz * fall * jump * dice.between((0.95, 1.05));
                let length = (self.syllable_s * dice.between((0.6, 1.6)) * RATE_HZ) as usize;
                let Some(rest) = out.get_mut(position..) else {
                    return;
                };
                let end = length.min(rest.len());
                self.syllable(
                    pitch_hz,
                    amplitude * jump,
                    &mut voice,
                    dice,
                    &mut rest[..end],
                );
                position += length;
            }
            position += (dice.between((0.12, 0.9)) * RATE_HZ) as usize;
        }
    }

    fn syllable(
        &self,
        pitch_hz: f32,
        amplitude: f32,
        voice: &mut Voice,
        dice: &mut Dice,
        out: &mut [f32],
    ) {
        let target = dice.pick(&VOWELS_HZ).map(|hz| hz * self.formants);
        let consonant = (dice.between((0.1, 0.45)) * out.len() as f32) as usize;
        // Fricatives hiss, stops are silent and burst, nasals are voiced and weak.
        let kind = dice.below(3);
        let cycle = Cycle::new(Wave::Saw, pitch_hz);
        let vowel = (out.len() - consonant).max(1) as f32;
        for (i, sample) in out.iter_mut().enumerate() {
            if i % UPDATE_SAMPLES == 0 {
                voice.approach(target);
            }
            let white = dice.noise();
            let (voiced, hiss) = if i < consonant {
                let progress = i as f32 / consonant as f32;
                match kind {
                    0 => (0.0, 0.35 * (4.0 * progress * (1.0 - progress))),
                    1 => (0.0, if progress > 0.75 { 0.5 } else { 0.0 }),
                    _ => (0.3, 0.0),
                }
            } else {
                let progress = (i - consonant) as f32 / vowel;
                (
                    (8.0 * progress).min(1.0) * (4.0 * (1.0 - progress)).min(1.0),
                    0.0,
                )
            };
            let source = voiced * (cycle.at(voice.phase) + self.breath * white);
            voice.phase += pitch_hz / RATE_HZ;
            voice.phase -= voice.phase.floor();
            // Hiss is not shaped by the vowel: it is made at the teeth.
            voice.hiss += 0.35 * (white - voice.hiss);
            *sample += amplitude * (voice.shape(source) + hiss * (white - voice.hiss));
        }
    }
}

/// State that carries on from syllable to syllable.
#[derive(Default)]
struct Voice {
    phase: f32,
    hiss: f32,
    at_hz: [f32; 3],
    formants: [Resonance; 3],
}

impl Voice {
    fn approach(&mut self, target_hz: [f32; 3]) {
        for ((at, target), (formant, bandwidth)) in self
            .at_hz
            .iter_mut()
            .zip(target_hz)
            .zip(self.formants.iter_mut().zip(BANDWIDTHS_HZ))
        {
            *at = if *at == 0.0 {
                target
            } else {
                *at + 0.12 * (target - *at)
            };
            formant.tune(*at, bandwidth);
        }
    }

    #[inline]
    fn shape(&mut self, source: f32) -> f32 {
        let [first, second, third] = &mut self.formants;
        8.0 * (first.next(source) + 0.6 * second.next(source) + 0.35 * third.next(source))
    }
}
