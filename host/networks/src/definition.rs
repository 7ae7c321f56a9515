//! What a network's folder says of it, for the registry of [`crate::models`] to list.

use crate::nn::ops::TrainBackend;
use crate::nn::{Size, Trainable};
use crate::pretrained::Published;
use crate::{Input, Preset, Settings};
use needledrop_bundle::{InputKind, Origin};
use rand_chacha::ChaCha8Rng;

/// A network.
pub trait Definition {
    /// Name in options, run records and model files.
    const NAME: &'static str;
    /// What it is.
    const ABOUT: &'static str;
    /// What its presets are.
    const PRESETS: &'static str;
    /// What it takes.
    const KIND: InputKind = InputKind::LogMel;
    /// Preset of the frontend that it is made for.
    const FRONTEND: &'static str = "seed";
    /// Weights of others that it can start from.
    const PUBLISHED: Option<Published> = None;
    /// Fewest rows of a window that its layers leave anything of.
    const LEAST_ROWS: usize;
    /// Whether its weights fit windows of any number of rows: such a network may learn from shorter ones than it
    /// answers.
    const ANY_LENGTH: bool;

    /// The network.
    type Net<B: TrainBackend>: Trainable<B>;

    /// What it sees of a clip, given where its features come from and how many rows its clips have.
    fn input(origin: &Origin, clip_rows: usize) -> Input;

    /// Default settings.
    fn settings(preset: Preset) -> Settings;

    /// Builds it, with weights drawn from `rng`.
    fn build<B: TrainBackend>(
        size: Size,
        settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B>;
}
