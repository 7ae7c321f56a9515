//! One clip of a style: dice go in, 16-bit samples come out; score, instruments, mix.

use super::coefficients::amplitude_of_db;
use super::dice::Dice;
use super::drums::Kit;
use super::repertoire::STYLES;
use super::room::Recording;
use super::score::{self, Band, Score};
use super::style::Style;
use super::tones::{Instrument, Note, play};

/// How likely a tune borrows its drums from another style.
const BORROWED_DRUMS: f32 = 0.04;

/// A clip of music. `artist` decides what the artist's tunes have in common, `dice` the rest.
pub(super) fn tune(
    style: &Style,
    artist: &mut Dice,
    dice: &mut Dice,
    length_samples: usize,
) -> Vec<i16> {
    let band = Band::new(style, artist);
    let kit = Kit::new(artist);
    let drummer = if dice.chance(BORROWED_DRUMS) {
        &STYLES[dice.below(STYLES.len())]
    } else {
        style
    };
    let score = score::write(style, drummer, &band, length_samples, dice);
    let levels = style
        .levels_db
        .map(|range| 0.25 * amplitude_of_db(dice.between(range)));
    let mut mix = vec![0.0f32; length_samples];
    perform(&score, &band, &kit, levels, dice, &mut mix);
    Recording::new(style.wet, dice).process(&mix, dice)
}

fn perform(
    score: &Score,
    band: &Band,
    kit: &Kit,
    levels: [f32; 4],
    dice: &mut Dice,
    mix: &mut [f32],
) {
    let [drums, bass, chords, lead] = levels;
    for stroke in &score.strokes {
        kit.play(
            stroke.drum,
            stroke.start_samples,
            2.0 * drums * stroke.amplitude,
            dice,
            mix,
        );
    }
    let mut part = |instrument: Instrument, notes: &[Note], level: f32| {
        for note in notes {
            play(
                instrument,
                &Note {
                    amplitude: level * note.amplitude,
                    ..*note
                },
                dice,
                mix,
            );
        }
    };
    part(band.bass, &score.bass, bass);
    part(band.chords, &score.chords, chords);
    part(band.lead, &score.lead, lead);
}
