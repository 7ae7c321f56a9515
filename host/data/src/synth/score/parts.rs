//! The parts of a tune: its patterns go in, strokes and notes come out.

use super::tune::Tune;
use crate::synth::dice::Dice;
use crate::synth::drums::Stroke;
use crate::synth::style::Style;
use crate::synth::theory::{Scale, chord, degree};
use crate::synth::tones::Note;

/// Whether a part rests for a bar, which every style does now and then.
fn rests(dice: &mut Dice) -> bool {
    dice.chance(0.06)
}

pub(super) fn drums(tune: &Tune<'_>, drummer: &Style, strokes: &mut Vec<Stroke>, dice: &mut Dice) {
    let (steps, drummer_steps) = (tune.style.steps_per_bar(), drummer.steps_per_bar());
    for (drum, patterns) in drummer.drums {
        if dice.chance(0.12) {
            continue;
        }
        let pattern = dice.pick(patterns).as_bytes();
        let level = dice.between((0.5, 1.0));
        for bar in 0..tune.bars {
            if rests(dice) {
                continue;
            }
            for step in 0..steps {
                // A borrowed pattern of another metre is read on, so that it wanders against the bar.
                let of_pattern = pattern[(bar * steps + step) % drummer_steps];
                let chance = match of_pattern {
                    b'X' => 1.0,
                    b'x' => 0.93,
                    b'o' => 0.4,
                    _ => 0.015,
                };
                if dice.chance(chance)
                    && let Some(start_samples) = tune.clock.samples(bar * steps + step)
                {
                    let accent = if of_pattern == b'X' {
                        1.0
                    } else {
                        dice.between((0.5, 0.9))
                    };
                    strokes.push(Stroke {
                        drum: *drum,
                        start_samples,
                        amplitude: level * accent,
                    });
                }
            }
        }
    }
}

/// Steps of a pattern that start something, with how long it is held.
fn struck(pattern: &str) -> Vec<(usize, u8, usize)> {
    let steps = pattern.as_bytes();
    steps
        .iter()
        .enumerate()
        .filter(|(_, symbol)| !matches!(**symbol, b'-' | b'.'))
        .map(|(step, &symbol)| {
            let held = steps[step + 1..]
                .iter()
                .take_while(|symbol| **symbol == b'-')
                .count();
            (step, symbol, held + 1)
        })
        .collect()
}

pub(super) fn bass(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
    let patterns = [
        struck(dice.pick(tune.style.bass.patterns)),
        struck(dice.pick(tune.style.bass.patterns)),
    ];
    let octave = if dice.chance(0.5) { -12.0 } else { -24.0 };
    for bar in 0..tune.bars {
        if rests(dice) {
            continue;
        }
        let root = tune.root_degree(bar);
        for &(step, symbol, held) in &patterns[usize::from(dice.chance(0.25))] {
            let degree_of_note = match symbol {
                b't' => root + 2,
                b'f' => root + 4,
                b'o' => root + tune.scale.len() as i32,
                b'w' => root + [1, 2, 4, 5][dice.below(4)],
                _ => root,
            };
            let midi = tune.tonic + octave + degree(tune.scale, degree_of_note) as f32;
            let amplitude = dice.between((0.75, 1.0));
            notes.extend(tune.note(
                bar * tune.style.steps_per_bar() + step,
                held,
                midi,
                1.0,
                amplitude,
            ));
        }
    }
}

pub(super) fn chords(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
    let patterns = [
        struck(dice.pick(tune.style.chords.patterns)),
        struck(dice.pick(tune.style.chords.patterns)),
    ];
    let inversion = dice.below(3);
    let mut arpeggio = 0;
    for bar in 0..tune.bars {
        if rests(dice) {
            continue;
        }
        let root = tune.root_degree(bar);
        let tones = chord(tune.scale, root, tune.sevenths);
        let base = tune.tonic + degree(tune.scale, root) as f32;
        for &(step, symbol, held) in &patterns[usize::from(dice.chance(0.12))] {
            let start = bar * tune.style.steps_per_bar() + step;
            let amplitude = dice.between((0.7, 1.0));
            if symbol == b'a' {
                let octave = 12.0 * (1 + arpeggio / tones.len() % 2) as f32;
                let midi = base + octave + tones[arpeggio % tones.len()] as f32;
                notes.extend(tune.note(start, held, midi, 1.0, amplitude));
                arpeggio += 1;
                continue;
            }
            for (i, tone) in tones.iter().enumerate() {
                let octave = if i < inversion { 12.0 } else { 0.0 };
                notes.extend(tune.note(
                    start,
                    held,
                    base + octave + *tone as f32,
                    1.0,
                    0.6 * amplitude,
                ));
            }
        }
    }
}

pub(super) fn lead(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
    let scale: Scale = dice.pick(tune.style.lead_scales);
    let bends = tune.style.name == "blues" || dice.chance(0.1);
    // A tune has two motifs; bars repeat them, with notes changed now and then.
    let motifs: Vec<Vec<(usize, usize, i32)>> = (0..2)
        .map(|_| {
            let mut position = dice.below(scale.len()) as i32;
            struck(dice.pick(tune.style.lead.patterns))
                .into_iter()
                .filter_map(|(step, symbol, held)| {
                    position = (position + [-2, -1, -1, 0, 1, 1, 2][dice.below(7)]).clamp(-3, 10);
                    dice.chance(if symbol == b'n' { 0.9 } else { 0.45 })
                        .then_some((step, held, position))
                })
                .collect()
        })
        .collect();
    for bar in 0..tune.bars {
        if rests(dice) {
            continue;
        }
        for &(step, held, position) in &motifs[bar / 2 % 2] {
            let position = if dice.chance(0.15) {
                position + [-1, 1][dice.below(2)]
            } else {
                position
            };
            let midi = tune.tonic + 12.0 + degree(scale, position) as f32;
            let bend = if bends && dice.chance(0.4) {
                dice.between((0.9, 0.97))
            } else {
                1.0
            };
            let amplitude = dice.between((0.7, 1.0));
            notes.extend(tune.note(
                bar * tune.style.steps_per_bar() + step,
                held,
                midi,
                bend,
                amplitude,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::struck;

    #[test]
    fn patterns_become_starts_and_lengths() {
        assert_eq!(
            struck("r-.f--x."),
            [(0, b'r', 2), (3, b'f', 3), (6, b'x', 1)]
        );
        assert!(struck("....").is_empty());
    }
}
