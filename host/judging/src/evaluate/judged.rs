//! What a network says of the clips of a split, before it is counted.

use needledrop_data::Losses;
use std::collections::BTreeMap;

/// The answers, and what has none.
#[derive(Default)]
pub(super) struct Judged {
    /// Identity, label, and probabilities `[windows, classes]` of each clip whose label the network knows.
    pub(super) clips: Vec<(String, usize, Vec<f64>)>,
    pub(super) unknown_genres: BTreeMap<String, u64>,
    pub(super) empty_clips: u64,
    pub(super) losses: Losses,
}

impl Judged {
    /// Counts a clip of a genre that the network does not know.
    pub(super) fn unknown(&mut self, genre: String) {
        *self.unknown_genres.entry(genre).or_insert(0) += 1;
    }
}
