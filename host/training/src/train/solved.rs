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

/// Windows learned from at most: those of more clips are thinned out.
const MOST_WINDOWS: usize = 20_000;

/// A last layer with what it is judged by.
pub(super) struct Solved {
    /// `[features, labels]`, row by row.
    pub(super) weights: Vec<f32>,
    /// `[labels]`.
    pub(super) bias: Vec<f32>,
    /// Windows learned from.
    pub(super) windows: usize,
    /// Logits of all validation windows, clip by clip, `[windows, labels]`.
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
    let held_out = fitted.held_out.rows().into_iter();
    Ok(Solved {
        weights: fitted.layer.weights.iter().map(narrowed).collect(),
        bias: fitted.layer.bias.iter().map(narrowed).collect(),
        windows: used.len(),
        held_out: held_out
            .skip(used.len() - valid.len())
            .flat_map(|row| row.iter().map(narrowed).collect::<Vec<f32>>())
            .collect(),
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
