//! What there is to see of a run: filters of its convolutions, and saliency of validation windows.

use super::picture::Picture;

/// Pictures of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// In the order in which a window goes through them.
    pub convolutions: Vec<Filters>,
    /// Convolutions that the network has, when that is more.
    pub convolutions_in_all: usize,
    /// Genre by genre, at most one window that was answered rightly and one that was not.
    pub saliency: Vec<Saliency>,
}

/// A convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Filters {
    /// Its name within the network, like `block3.pointwise`.
    pub name: String,
    /// Height, width and channels of its output.
    pub output: [usize; 3],
    /// Some of its channels.
    pub filters: Vec<Filter>,
}

/// A channel of a convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Which, from 0.
    pub channel: usize,
    /// Its mean activation on the noise that the ascent began with, before the activation function's cut.
    pub before: f32,
    /// That on the picture.
    pub after: f32,
    /// The window that excites it. Log-mel: time to the right, the lowest band at the bottom, in deviations of the
    /// window; PCM: 256 samples from its middle above its spectrum, 60 dB high, up to half the sample rate.
    pub picture: Picture,
}

/// A validation window and what its answer rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Saliency {
    /// The clip that it is of.
    pub clip: String,
    /// What it is.
    pub genre: String,
    /// What the network takes it for.
    pub answer: String,
    /// The probability of that.
    pub probability: f64,
    /// The window as the network sees it.
    pub input: Picture,
    /// How steeply the answer's logit depends on each value.
    pub map: Picture,
}

impl Saliency {
    /// Whether the answer was right.
    pub fn is_right(&self) -> bool {
        self.answer == self.genre
    }
}
