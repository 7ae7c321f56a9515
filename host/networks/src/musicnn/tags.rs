//! The published weights' own tags as genres: what the last layer is when nobody teaches it.

use super::WANTED;
use super::network::EMBEDDING;
use crate::pretrained::{Error, Weights};

/// Key of the file's header that names its tags in their order, with commas between.
const TAGS_KEY: &str = "tags";

/// A genre and the tags that stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genre {
    /// Label.
    pub label: &'static str,
    /// Tags whose mean logit is the genre's.
    tags: &'static [&'static str],
}

/// Genres among the 50 tags, in the order of their labels; where a tag has its kinds among the others, they stand for it
/// too. No tag is disco, which listeners called funk, dance and 70s.
///
/// Decades by themselves, moods, voices and instruments are no genre.
pub const GENRES: [Genre; 8] = [
    genre("blues", &["blues"]),
    genre("country", &["country"]),
    genre("disco", &["funk", "dance", "70s"]),
    genre("hiphop", &["Hip-Hop"]),
    genre("jazz", &["jazz"]),
    genre("metal", &["metal", "heavy metal"]),
    genre("pop", &["pop", "indie pop"]),
    genre("rock", &["rock", "alternative rock", "indie rock"]),
];

const fn genre(label: &'static str, tags: &'static [&'static str]) -> Genre {
    Genre { label, tags }
}

/// A linear layer on the embedding.
#[derive(Clone, Debug)]
pub struct TagLayer {
    /// `[EMBEDDING, GENRES]`, row by row.
    pub weights: Vec<f32>,
    /// `[GENRES]`.
    pub bias: Vec<f32>,
}

impl TagLayer {
    /// Logits of [`GENRES`], each the mean of its tags'.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Shape`] for the tags' layer, [`Error::NoTag`] when the header does not name a
    /// genre's tag.
    pub fn read(weights: &Weights) -> Result<Self, Error> {
        let names: Vec<&str> = weights
            .metadata(TAGS_KEY)
            .map_or(Vec::new(), |names| names.split(',').collect());
        let wanted = GENRES.iter().flat_map(|genre| genre.tags);
        if let Some(tag) = wanted.copied().find(|tag| !names.contains(tag)) {
            return Err(weights.no_tag(tag));
        }
        let mut tensors = weights.tensors(WANTED);
        let theirs = tensors.take("tags.weight", &[names.len(), EMBEDDING])?;
        let their_bias = tensors.take("tags.bias", &[names.len()])?;
        let mut layer = Self {
            weights: vec![0.0; EMBEDDING * GENRES.len()],
            bias: vec![0.0; GENRES.len()],
        };
        for (column, genre) in GENRES.iter().enumerate() {
            let share = (genre.tags.len() as f32).recip();
            let tags = names.iter().enumerate();
            for (at, _) in tags.filter(|(_, name)| genre.tags.contains(name)) {
                for (from, &weight) in theirs[at * EMBEDDING..][..EMBEDDING].iter().enumerate() {
                    layer.weights[from * GENRES.len() + column] += share * weight;
                }
                layer.bias[column] += share * their_bias[at];
            }
        }
        Ok(layer)
    }
}
