//! Pitched instruments: a note goes in, its sound is added to samples.

use super::coefficients::{RATE_HZ, decay_per_sample, one_pole};
use super::dice::Dice;
use super::tables::{Cycle, Wave};

/// An instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instrument {
    Organ,
    Brass,
    Pluck,
    Keys,
    Bell,
    Saw,
    Square,
    Pulse,
    Flute,
    Strings,
}

/// All of them: tunes now and then take one from here.
pub(super) const INSTRUMENTS: [Instrument; 10] = [
    Instrument::Organ,
    Instrument::Brass,
    Instrument::Pluck,
    Instrument::Keys,
    Instrument::Bell,
    Instrument::Saw,
    Instrument::Square,
    Instrument::Pulse,
    Instrument::Flute,
    Instrument::Strings,
];

/// By how much a cent more raises a frequency, for few cents.
const RATIO_PER_CENT: f32 = 5.78e-4;

/// A note to be played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) start_samples: usize,
    pub(super) length_samples: usize,
    pub(super) pitch_hz: f32,
    /// Pitch at the start, as a ratio; it glides to 1.
    pub(super) bend: f32,
    pub(super) amplitude: f32,
}

/// Attack, decay time constant, level held, release.
struct Envelope {
    attack_s: f32,
    decay_s: f32,
    sustain: f32,
    release_s: f32,
}

impl Envelope {
    const fn of(instrument: Instrument) -> Self {
        let (attack_s, decay_s, sustain, release_s) = match instrument {
            Instrument::Organ => (0.008, 0.1, 0.9, 0.03),
            Instrument::Brass => (0.04, 0.15, 0.7, 0.06),
            Instrument::Pluck => (0.001, 10.0, 1.0, 0.05),
            Instrument::Keys => (0.003, 0.5, 0.0, 0.08),
            Instrument::Bell => (0.002, 1.2, 0.0, 0.4),
            Instrument::Saw => (0.005, 0.25, 0.5, 0.05),
            Instrument::Square => (0.004, 0.3, 0.6, 0.03),
            Instrument::Pulse => (0.002, 0.2, 0.6, 0.02),
            Instrument::Flute => (0.06, 0.3, 0.85, 0.08),
            Instrument::Strings => (0.25, 1.0, 0.9, 0.5),
        };
        Self {
            attack_s,
            decay_s,
            sustain,
            release_s,
        }
    }
}

/// Adds a note to `out`.
pub(super) fn play(instrument: Instrument, note: &Note, dice: &mut Dice, out: &mut [f32]) {
    let envelope = Envelope::of(instrument);
    let release = (envelope.release_s * RATE_HZ) as usize;
    let attack = (envelope.attack_s * RATE_HZ).max(1.0);
    let decay = decay_per_sample(envelope.decay_s);
    let Some(out) = out.get_mut(note.start_samples..) else {
        return;
    };
    let mut tone = Tone::new(instrument, note.pitch_hz, dice);
    let mut above_sustain = 1.0 - envelope.sustain;
    let (mut bend, bend_decay) = (note.bend - 1.0, decay_per_sample(0.06));
    for (i, sample) in out
        .iter_mut()
        .take(note.length_samples + release)
        .enumerate()
    {
        let rise = (i as f32 / attack).min(1.0);
        let fall = match i.checked_sub(note.length_samples) {
            Some(after) => 1.0 - after as f32 / release as f32,
            None => 1.0,
        };
        let level = rise * fall * (envelope.sustain + above_sustain);
        *sample += note.amplitude * level * tone.next(note.pitch_hz * (1.0 + bend));
        bend *= bend_decay;
        if i as f32 > attack {
            above_sustain *= decay;
        }
    }
}

/// The source of an instrument's sound, before its envelope.
enum Tone {
    /// Detuned copies of a cycle through a closing low-pass.
    Cycles {
        cycle: Cycle,
        phases: [f32; 3],
        detune: [f32; 3],
        low_pass: LowPass,
    },
    /// A sine whose phase is moved by another one.
    Modulated {
        carrier: f32,
        modulator: f32,
        ratio: f32,
        depth: f32,
        depth_decay: f32,
    },
    /// A plucked string: a noise burst in a loop that loses its highs.
    String { delay: Vec<f32>, position: usize },
}

struct LowPass {
    coefficient: f32,
    closing: f32,
    floor: f32,
    state: f32,
}

impl LowPass {
    #[inline]
    fn next(&mut self, x: f32) -> f32 {
        self.coefficient = self.floor + (self.coefficient - self.floor) * self.closing;
        self.state += self.coefficient * (x - self.state);
        self.state
    }
}

impl Tone {
    fn new(instrument: Instrument, pitch_hz: f32, dice: &mut Dice) -> Self {
        let mut cycles = |wave: Wave, cents: f32, open_hz: f32, floor_hz: f32, closing_s: f32| {
            let detune = [
                1.0,
                1.0 + cents * RATIO_PER_CENT,
                1.0 - cents * RATIO_PER_CENT,
            ];
            let low_pass = LowPass {
                coefficient: one_pole(open_hz),
                closing: decay_per_sample(closing_s),
                floor: one_pole(floor_hz),
                state: 0.0,
            };
            let phases = [dice.unit(), dice.unit(), dice.unit()];
            Self::Cycles {
                cycle: Cycle::new(wave, pitch_hz),
                phases,
                detune,
                low_pass,
            }
        };
        match instrument {
            Instrument::Organ => cycles(Wave::Organ, 1.0, 6000.0, 5000.0, 1.0),
            Instrument::Brass => cycles(Wave::Saw, 2.0, 900.0, 2600.0, 0.08),
            Instrument::Saw => cycles(Wave::Saw, 6.0, 7000.0, 1500.0, 0.15),
            Instrument::Square => cycles(Wave::Square, 0.5, 8000.0, 4000.0, 0.3),
            Instrument::Pulse => cycles(Wave::Pulse, 0.0, 9000.0, 7000.0, 0.5),
            Instrument::Flute => cycles(Wave::Triangle, 0.7, 3000.0, 2500.0, 0.5),
            Instrument::Strings => cycles(Wave::Saw, 9.0, 1200.0, 2200.0, 0.4),
            Instrument::Keys => Self::Modulated {
                carrier: 0.0,
                modulator: 0.0,
                ratio: 1.0,
                depth: 0.35,
                depth_decay: decay_per_sample(0.25),
            },
            Instrument::Bell => Self::Modulated {
                carrier: 0.0,
                modulator: 0.0,
                ratio: 3.5,
                depth: 0.5,
                depth_decay: decay_per_sample(0.6),
            },
            Instrument::Pluck => {
                let length = ((RATE_HZ / pitch_hz) as usize).max(2);
                Self::String {
                    delay: (0..length).map(|_| dice.noise()).collect(),
                    position: 0,
                }
            }
        }
    }

    #[inline]
    fn next(&mut self, pitch_hz: f32) -> f32 {
        let step = pitch_hz / RATE_HZ;
        match self {
            Self::Cycles {
                cycle,
                phases,
                detune,
                low_pass,
            } => {
                let mut sum = 0.0;
                for (phase, detune) in phases.iter_mut().zip(detune) {
                    sum += cycle.at(*phase);
                    *phase += step * *detune;
                    *phase -= phase.floor();
                }
                low_pass.next(sum / 3.0)
            }
            Self::Modulated {
                carrier,
                modulator,
                ratio,
                depth,
                depth_decay,
            } => {
                let sine = Cycle::sine();
                let value = sine.at(*carrier + *depth * sine.at(*modulator));
                *carrier += step;
                *carrier -= carrier.floor();
                *modulator += step * *ratio;
                *modulator -= modulator.floor();
                *depth *= *depth_decay;
                value
            }
            Self::String { delay, position } => {
                let next = if *position + 1 == delay.len() {
                    0
                } else {
                    *position + 1
                };
                let value = delay[*position];
                delay[*position] = 0.498 * (value + delay[next]);
                *position = next;
                value
            }
        }
    }
}
