//! From a style to a score: when which note sounds.

mod parts;
mod tune;

use super::coefficients::RATE_HZ;
use super::dice::Dice;
use super::drums::Stroke;
use super::style::{Part, Style};
use super::tones::{INSTRUMENTS, Instrument, Note};
use parts::{bass, chords, drums, lead};
use tune::{Clock, Tune};

/// How likely a part has an instrument that the style does not favour.
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

/// All that is played.
#[derive(Default)]
pub(super) struct Score {
    pub(super) strokes: Vec<Stroke>,
    pub(super) bass: Vec<Note>,
    pub(super) chords: Vec<Note>,
    pub(super) lead: Vec<Note>,
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
    let step_samples = RATE_HZ * 60.0 / bpm / style.steps_per_beat as f32;
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
