//! Sounds that are no music: talk, crowds, rain, traffic, machines, ticking, chirping, hum.
//!
//! Some of them have pitch (engines, chirps, hum) or a beat (machines, ticking) on purpose: neither alone is music.

use super::coefficients::{RATE_HZ, decay_per_sample, one_pole};
use super::dice::Dice;
use super::drums::{Drum, Kit};
use super::room::Recording;
use super::speech::Talker;
use super::tables::{Cycle, Wave};
use super::tones::{Instrument, Note, play};

/// What a source makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Talk,
    Dialogue,
    Crowd,
    Rain,
    Traffic,
    Machine,
    Ticking,
    Chirping,
    Hum,
}

/// Half of all sources talk.
const SOUNDS: [Sound; 12] = [
    Sound::Talk,
    Sound::Rain,
    Sound::Dialogue,
    Sound::Traffic,
    Sound::Talk,
    Sound::Machine,
    Sound::Crowd,
    Sound::Ticking,
    Sound::Dialogue,
    Sound::Chirping,
    Sound::Talk,
    Sound::Hum,
];

/// A clip of no music. Sources take turns through the kinds, so that a small corpus has many of them.
pub(super) fn clip(
    source: usize,
    artist: &mut Dice,
    dice: &mut Dice,
    length_samples: usize,
) -> Vec<i16> {
    let mut mix = vec![0.0f32; length_samples];
    match SOUNDS[source % SOUNDS.len()] {
        Sound::Talk => Talker::new(artist).talk(0.3, dice, &mut mix),
        Sound::Dialogue => {
            for talker in [Talker::new(artist), Talker::new(artist)] {
                talker.talk(dice.between((0.12, 0.3)), dice, &mut mix);
            }
        }
        Sound::Crowd => {
            for _ in 0..6 + artist.below(6) {
                Talker::new(artist).talk(dice.between((0.05, 0.15)), dice, &mut mix);
            }
        }
        Sound::Rain => rain(artist, dice, &mut mix),
        Sound::Traffic => traffic(artist, dice, &mut mix),
        Sound::Machine => machine(artist, dice, &mut mix),
        Sound::Ticking => ticking(artist, dice, &mut mix),
        Sound::Chirping => chirping(artist, dice, &mut mix),
        Sound::Hum => hum(artist, dice, &mut mix),
    }
    Recording::new((0.0, 0.35), dice).process(&mix, dice)
}

/// Low-passed noise whose level swells slowly.
fn swelling_noise(
    cutoff_hz: f32,
    period_s: (f32, f32),
    level: f32,
    dice: &mut Dice,
    out: &mut [f32],
) {
    let colour = one_pole(cutoff_hz);
    let glide = one_pole(0.4);
    let (mut low, mut at, mut target, mut left) = (0.0f32, 0.5f32, 0.5f32, 0usize);
    for sample in out {
        if left == 0 {
            target = dice.between((0.15, 1.0));
            left = (dice.between(period_s) * RATE_HZ) as usize + 1;
        }
        left -= 1;
        at += glide * (target - at);
        low += colour * (dice.noise() - low);
        *sample += level * at * low;
    }
}

fn rain(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    swelling_noise(
        artist.between((2_000.0, 8_000.0)),
        (2.0, 6.0),
        0.1,
        dice,
        out,
    );
    let drops_per_s = artist.between((30.0, 400.0));
    let decay = decay_per_sample(artist.between((0.001, 0.006)));
    let colour = one_pole(artist.between((1_500.0, 7_000.0)));
    let (mut level, mut low) = (0.0f32, 0.0f32);
    for sample in out {
        if dice.chance(drops_per_s / RATE_HZ) {
            level += dice.between((0.05, 0.5));
        }
        level *= decay;
        low += colour * (dice.noise() - low);
        *sample += level * low;
    }
}

fn traffic(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    swelling_noise(artist.between((150.0, 700.0)), (1.0, 4.0), 0.8, dice, out);
    let engine_hz = artist.between((35.0, 110.0));
    let cycle = Cycle::new(Wave::Saw, engine_hz);
    let glide = one_pole(0.3);
    let (mut phase, mut speed, mut target, mut left) = (0.0f32, 1.0f32, 1.0f32, 0usize);
    for sample in out {
        if left == 0 {
            target = dice.between((0.7, 1.8));
            left = (dice.between((0.8, 3.0)) * RATE_HZ) as usize + 1;
        }
        left -= 1;
        speed += glide * (target - speed);
        *sample += 0.08 * cycle.at(phase);
        phase += engine_hz * speed / RATE_HZ;
        phase -= phase.floor();
    }
}

fn machine(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    let turns_hz = artist.between((0.8, 7.0));
    let depth = artist.between((0.3, 0.95));
    let hum_hz = artist.between((60.0, 400.0));
    let colour = one_pole(artist.between((400.0, 5_000.0)));
    let (sine, cycle) = (Cycle::sine(), Cycle::new(Wave::Square, hum_hz));
    let (mut turn, mut phase, mut low) = (dice.unit(), 0.0f32, 0.0f32);
    for sample in out {
        let level = 1.0 - depth * (0.5 + 0.5 * sine.at(turn));
        low += colour * (dice.noise() - low);
        *sample += level * (0.4 * low + 0.06 * cycle.at(phase));
        turn += turns_hz / RATE_HZ;
        turn -= turn.floor();
        phase += hum_hz / RATE_HZ;
        phase -= phase.floor();
    }
}

/// A clock, or keys and dishes: regular, or anything but.
fn ticking(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    let kit = Kit::new(artist);
    let regular = artist.chance(0.4);
    let gap_s = artist.between((0.2, 1.0));
    let mut position = dice.between((0.0, gap_s)) * RATE_HZ;
    while (position as usize) < out.len() {
        let drum = if regular {
            Drum::Hat
        } else {
            dice.pick(&[Drum::Hat, Drum::Shaker, Drum::Tom])
        };
        kit.play(
            drum,
            position as usize,
            dice.between((0.15, 0.5)),
            dice,
            out,
        );
        let gap = if regular {
            gap_s
        } else {
            gap_s * dice.between((0.1, 2.5)) * dice.unit() + 0.03
        };
        position += gap * RATE_HZ;
    }
    swelling_noise(3_000.0, (1.0, 4.0), 0.01, dice, out);
}

/// Birds, bells of bicycles, a telephone: pitched, but neither scale nor metre.
fn chirping(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    let low_hz = artist.between((700.0, 2_500.0));
    let mut position = dice.unit() * RATE_HZ;
    while (position as usize) < out.len() {
        for _ in 0..1 + dice.below(6) {
            let note = Note {
                start_samples: position as usize,
                length_samples: (dice.between((0.03, 0.2)) * RATE_HZ) as usize,
                pitch_hz: low_hz * dice.between((0.8, 1.7)),
                bend: dice.between((0.6, 1.5)),
                amplitude: dice.between((0.1, 0.3)),
            };
            play(Instrument::Flute, &note, dice, out);
            position += dice.between((0.05, 0.25)) * RATE_HZ;
        }
        position += dice.between((0.2, 1.8)) * RATE_HZ;
    }
    swelling_noise(1_500.0, (2.0, 5.0), 0.05, dice, out);
}

fn hum(artist: &mut Dice, dice: &mut Dice, out: &mut [f32]) {
    let mains_hz = if artist.chance(0.5) { 50.0 } else { 60.0 };
    let cycle = Cycle::new(
        artist.pick(&[Wave::Saw, Wave::Pulse, Wave::Square]),
        4.0 * mains_hz,
    );
    let level = artist.between((0.05, 0.3));
    let mut phase = dice.unit();
    for sample in out.iter_mut() {
        *sample += level * cycle.at(phase);
        phase += mains_hz / RATE_HZ;
        phase -= phase.floor();
    }
    swelling_noise(artist.between((300.0, 4_000.0)), (2.0, 6.0), 0.3, dice, out);
}
