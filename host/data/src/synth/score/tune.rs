//! What all parts of a tune agree on: where its steps lie, its scale and its chords.

use crate::synth::style::Style;
use crate::synth::theory::{Scale, pitch_hz};
use crate::synth::tones::Note;

/// Share of its steps for which a note is held.
const HELD: f32 = 0.92;

/// Where the steps of a tune lie.
pub(super) struct Clock {
    pub(super) step_samples: f32,
    /// Delay of every second step, as a share of a step.
    pub(super) swing: f32,
    /// The clip begins somewhere within the first bar.
    pub(super) offset_samples: f32,
}

impl Clock {
    /// Where a step begins; none before the clip begins.
    pub(super) fn samples(&self, step: usize) -> Option<usize> {
        let late = if step % 2 == 1 { self.swing } else { 0.0 };
        let position = (step as f32 + late) * self.step_samples - self.offset_samples;
        (position >= 0.0).then_some(position as usize)
    }
}

/// What all parts of a tune agree on.
pub(super) struct Tune<'a> {
    pub(super) style: &'a Style,
    pub(super) clock: Clock,
    pub(super) bars: usize,
    /// MIDI number.
    pub(super) tonic: f32,
    pub(super) scale: Scale,
    /// Degrees of the scale.
    pub(super) progression: &'a [i32],
    pub(super) sevenths: bool,
}

impl Tune<'_> {
    /// Degree of the chord that sounds in a bar.
    pub(super) fn root_degree(&self, bar: usize) -> i32 {
        self.progression[bar / self.style.bars_per_chord % self.progression.len()]
    }

    /// A note that starts at `step` and is held for `length` steps; `None` before the clip begins.
    pub(super) fn note(
        &self,
        step: usize,
        length: usize,
        midi: f32,
        bend: f32,
        amplitude: f32,
    ) -> Option<Note> {
        Some(Note {
            start_samples: self.clock.samples(step)?,
            length_samples: (length as f32 * self.clock.step_samples * HELD) as usize,
            pitch_hz: pitch_hz(midi),
            bend,
            amplitude,
        })
    }
}
