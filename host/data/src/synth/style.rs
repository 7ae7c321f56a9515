//! What a style of music is: ranges to draw from, and patterns to play.
//!
//! Patterns are one bar, a character a step. Drums: `X` always, `x` nearly always, `o` now and then, `.` rarely.
//! Bass: `r` root, `t` third, `f` fifth, `o` octave, `w` a walking note. Chords: `x` struck, `a` the next note of an
//! arpeggio. Lead: `n` likely, `m` maybe. Everywhere `-` holds and `.` rests.

use super::drums::Drum;
use super::theory::Scale;
use super::tones::Instrument;

/// A range to draw from.
type Range = (f32, f32);

/// What tunes of a style tend to.
#[derive(Debug)]
pub(super) struct Style {
    pub(super) name: &'static str,
    pub(super) bpm: Range,
    pub(super) steps_per_beat: usize,
    /// Delay of every second step, as a share of a step.
    pub(super) swing: Range,
    pub(super) scales: &'static [Scale],
    pub(super) lead_scales: &'static [Scale],
    /// Degrees of the scale, one a bar (or one every `bars_per_chord` bars).
    pub(super) progressions: &'static [&'static [i32]],
    pub(super) bars_per_chord: usize,
    pub(super) sevenths: f32,
    /// How likely a tune has drums at all.
    pub(super) drums_chance: f32,
    pub(super) drums: &'static [(Drum, &'static [&'static str])],
    pub(super) bass: Part,
    pub(super) chords: Part,
    pub(super) lead: Part,
    /// Levels of drums, bass, chords, lead.
    pub(super) levels_db: [Range; 4],
    /// Share of reverberation.
    pub(super) wet: Range,
}

/// A pitched part.
#[derive(Debug)]
pub(super) struct Part {
    /// How likely a tune has it.
    pub(super) chance: f32,
    pub(super) patterns: &'static [&'static str],
    pub(super) instruments: &'static [Instrument],
}

impl Style {
    /// Steps in a bar: the length of its patterns.
    pub(super) fn steps_per_bar(&self) -> usize {
        self.bass.patterns[0].len()
    }
}
