//! A last layer that is solved for instead of trained: what frozen layers give for the windows of both splits goes in,
//! the layer comes out, with answers on the validation windows by layers that did not learn from their groups.
//!
//! Validation clips are learned from too: they are not needed to stop by, and cross-validation judges them all the same.

use super::features::Features;
use crate::classic::{LastLayer, Samples, Trial, thin};
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::Place;
use crate::progress::Progress;
use ndarray::Array2;
use needledrop_data::Clip;
use std::collections::BTreeSet;

/// Windows of training clips learned from at most: those of more clips are thinned out. Those of validation clips are
/// all learned from and judged.
const MOST_WINDOWS: usize = 20_000;

/// A last layer with what it is judged by.
pub(super) struct Solved {
    /// `[features, labels]`, row by row.
    pub(super) weights: Vec<f32>,
    /// `[labels]`.
    pub(super) bias: Vec<f32>,
    /// Windows learned from.
    pub(super) windows: usize,
    /// The validation clips that could be judged: whose label has clips of another group. All when none could be.
    pub(super) valid: Vec<Clip>,
    /// Logits of their windows, clip by clip, `[windows, labels]`: by layers that did not learn from their groups, or by
    /// the layer itself when none could be judged.
    pub(super) held_out: Vec<f32>,
    /// What was tried.
    pub(super) trials: Vec<Trial>,
}

/// Solves for the last layer; `features` are those of `corpus`.
pub(super) fn solve(
    corpus: &Corpus,
    features: &Features,
    seed: u64,
    progress: &Progress,
) -> Result<Solved, Error> {
    let train = &features.train;
    let clips: Vec<&Clip<f32>> = train.iter().chain(&features.valid).collect();
    // None of the training clips are among the features when they stand for validation clips.
    let groups = &corpus.group_numbers()[corpus.train.len() - train.len()..];
    let places = |from: usize, to: usize| -> Vec<Place> {
        let rows = (from..to).flat_map(|clip| {
            (0..clips[clip].rows).map(move |row| Place {
                clip,
                first_row: row,
            })
        });
        rows.collect()
    };
    // All validation windows, which are judged.
    let valid = places(train.len(), clips.len());
    let most = MOST_WINDOWS.saturating_sub(valid.len());
    let mut used = thin(places(0, train.len()), |clip| clips[clip].label, most);
    used.extend(&valid);
    progress.say(&format!(
        "{} windows, {} features each",
        used.len(),
        clips.first().map_or(0, |clip| clip.bands)
    ));
    let samples = Samples::new(
        rows(&clips, &used)?,
        used.iter().map(|place| clips[place.clip].label).collect(),
        used.iter().map(|place| groups[place.clip]).collect(),
        corpus.labels.len(),
    );
    let fitted = LastLayer::cross_validate(&samples, seed)?;
    let narrowed = |v: &f64| *v as f32;
    let first = used.len() - valid.len();
    let judged = |row: usize| fitted.judged[first + row];
    let none = !(0..valid.len()).any(judged);
    let mut kept = Vec::new();
    let mut held_out = Vec::new();
    let answers = match none {
        true => fitted.layer.logits(samples.x.view()),
        false => fitted.held_out,
    };
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    let mut row = 0;
    for clip in &corpus.valid {
        let windows = valid[row..]
            .iter()
            .take_while(|it| it.clip == valid[row].clip);
        let windows = if clip.rows == 0 { 0 } else { windows.count() };
        if windows == 0 || none || judged(row) {
            kept.push(clip.clone());
            for row in row..row + windows {
                held_out.extend(answers.row(first + row).iter().map(narrowed));
            }
        } else {
            left_out.insert(&clip.genre);
        }
        row += windows;
    }
    if none {
        progress.say(
            "warning: no label has clips of two groups, so nothing could be judged: the figures are of clips that were \
             learned from",
        );
    } else if !left_out.is_empty() {
        let labels: Vec<&str> = left_out.into_iter().collect();
        progress.say(&format!(
            "warning: all clips of {} are of one group each: learned, and not judged",
            labels.join(", ")
        ));
    }
    Ok(Solved {
        weights: fitted.layer.weights.iter().map(narrowed).collect(),
        bias: fitted.layer.bias.iter().map(narrowed).collect(),
        windows: used.len(),
        valid: kept,
        held_out,
        trials: fitted.trials,
    })
}

/// `[places, features]`; the places of a clip are side by side.
pub(super) fn rows(clips: &[&Clip<f32>], places: &[Place]) -> Result<Array2<f64>, Error> {
    let features = clips.first().map_or(0, |clip| clip.bands);
    let mut out = Array2::zeros((places.len(), features));
    let mut row = 0;
    for of_clip in places.chunk_by(|a, b| a.clip == b.clip) {
        let values = clips[of_clip[0].clip].read()?;
        for place in of_clip {
            let from = &values[place.first_row * features..][..features];
            for (to, &from) in out.row_mut(row).iter_mut().zip(from) {
                *to = f64::from(from);
            }
            row += 1;
        }
    }
    Ok(out)
}
