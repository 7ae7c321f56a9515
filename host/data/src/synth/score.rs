//! From a style to a score: when which note sounds.

use super::RATE;
use super::dice::Dice;
use super::drums::Drum;
use super::style::{Part, Style};
use super::theory::{Scale, chord, degree, pitch_hz};
use super::tones::{INSTRUMENTS, Instrument, Note};

/// An instrument that the style does not favour.
const WANDERING: f32 = 0.1;

/// What one artist keeps from tune to tune.
pub(super) struct Band {
    pub(super) bass: Instrument,
    pub(super) chords: Instrument,
    pub(super) lead: Instrument,
    /// Where in the style's range the tempi lie.
    tempo: f32,
    swing: f32,
}

impl Band {
    pub(super) fn new(style: &Style, dice: &mut Dice) -> Self {
        // Now and then an instrument that the style does not favour.
        let mut choose = |part: &Part| {
            if dice.chance(WANDERING) {
                dice.pick(&INSTRUMENTS)
            } else {
                dice.pick(part.instruments)
            }
        };
        let (bass, chords, lead) = (
            choose(&style.bass),
            choose(&style.chords),
            choose(&style.lead),
        );
        Self {
            bass,
            chords,
            lead,
            tempo: dice.unit(),
            swing: dice.between(style.swing),
        }
    }
}

/// A stroke on a drum.
pub(super) struct Stroke {
    pub(super) drum: Drum,
    pub(super) start_samples: usize,
    pub(super) amplitude: f32,
}

/// All that is played.
#[derive(Default)]
pub(super) struct Score {
    pub(super) strokes: Vec<Stroke>,
    pub(super) bass: Vec<Note>,
    pub(super) chords: Vec<Note>,
    pub(super) lead: Vec<Note>,
}

/// Where the steps of a tune lie.
struct Clock {
    step_samples: f32,
    swing: f32,
    /// The clip begins somewhere within the first bar.
    offset_samples: f32,
}

impl Clock {
    fn samples(&self, step: usize) -> Option<usize> {
        let late = if step % 2 == 1 { self.swing } else { 0.0 };
        let position = (step as f32 + late) * self.step_samples - self.offset_samples;
        (position >= 0.0).then_some(position as usize)
    }
}

/// What all parts of a tune agree on.
struct Tune<'a> {
    style: &'a Style,
    clock: Clock,
    bars: usize,
    tonic: f32,
    scale: Scale,
    progression: &'a [i32],
    sevenths: bool,
}

impl Tune<'_> {
    fn root_degree(&self, bar: usize) -> i32 {
        self.progression[bar / self.style.bars_per_chord % self.progression.len()]
    }

    /// A note that starts at `step` and is held for `length` steps; `None` before the clip begins.
    fn note(
        &self,
        step: usize,
        length: usize,
        midi: f32,
        bend: f32,
        amplitude: f32,
    ) -> Option<Note> {
        Some(Note {
            start_samples: self.clock.samples(step)?,
            length_samples: (length as f32 * self.clock.step_samples * 0.92) as usize,
            pitch_hz: pitch_hz(midi),
            bend,
            amplitude,
        })
    }
}

/// Writes a tune of `length_samples`; `drummer` is the style whose drums are played, mostly the same.
pub(super) fn write(
    style: &Style,
    drummer: &Style,
    band: &Band,
    length_samples: usize,
    dice: &mut Dice,
) -> Score {
    let (slow, fast) = style.bpm;
    let tempo = (band.tempo + dice.between((-0.25, 0.25))).clamp(0.0, 1.0);
    let bpm = slow + (fast - slow) * tempo;
    let step_samples = RATE * 60.0 / bpm / style.steps_per_beat as f32;
    let bar_samples = step_samples * style.steps_per_bar() as f32;
    let tune = Tune {
        style,
        clock: Clock {
            step_samples,
            swing: band.swing,
            offset_samples: bar_samples * dice.unit(),
        },
        bars: (length_samples as f32 / bar_samples) as usize + 2,
        tonic: 48.0 + dice.below(12) as f32,
        scale: dice.pick(style.scales),
        progression: dice.pick(style.progressions),
        sevenths: dice.chance(style.sevenths),
    };
    let mut score = Score::default();
    if dice.chance(drummer.drums_chance) {
        drums(&tune, drummer, &mut score.strokes, dice);
    }
    if dice.chance(style.bass.chance) {
        bass(&tune, &mut score.bass, dice);
    }
    if dice.chance(style.chords.chance) {
        chords(&tune, &mut score.chords, dice);
    }
    if dice.chance(style.lead.chance) || score.chords.is_empty() {
        lead(&tune, &mut score.lead, dice);
    }
    score
}

/// Whether a part rests for a bar, which every style does now and then.
fn rests(dice: &mut Dice) -> bool {
    dice.chance(0.06)
}

fn drums(tune: &Tune<'_>, drummer: &Style, strokes: &mut Vec<Stroke>, dice: &mut Dice) {
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

fn bass(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
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

fn chords(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
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

fn lead(tune: &Tune<'_>, notes: &mut Vec<Note>, dice: &mut Dice) {
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
