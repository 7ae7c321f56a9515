//! From logits of validation windows, `[places, classes]`, to answers that [`needledrop_judging`] makes figures of.

use crate::places::Place;
use needledrop_data::Clip;
use needledrop_judging::metrics::{Answers, Levels, Segments, softmax};

/// Answers by window.
pub(crate) fn window_answers(
    clips: &[Clip],
    places: &[Place],
    logits: &[f32],
    classes: usize,
) -> Answers {
    let mut answers = Answers::new(classes);
    for (place, row) in places.iter().zip(logits.chunks_exact(classes)) {
        answers.push(clips[place.clip].label, &softmax(row));
    }
    answers
}

/// Answers at every level; `hop_seconds` is the time between windows, where it is known.
pub(crate) fn levels(
    clips: &[Clip],
    places: &[Place],
    logits: &[f32],
    classes: usize,
    hop_seconds: Option<f64>,
) -> Levels {
    let mut levels = Levels::new(classes, Segments::default(), hop_seconds);
    let rows: Vec<(&Place, &[f32])> = places.iter().zip(logits.chunks_exact(classes)).collect();
    for windows in rows.chunk_by(|a, b| a.0.clip == b.0.clip) {
        let probabilities: Vec<f64> = windows.iter().flat_map(|(_, row)| softmax(row)).collect();
        levels.push(clips[windows[0].0.clip].label, &probabilities);
    }
    levels
}
