//! `musicnn`: a music tagger that has heard 200,000 songs, as a backbone; or from nothing.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `weights` reads
//! published ones, `onnx` writes the file.

mod exported;
mod network;
mod onnx;
pub mod tags;
#[cfg(test)]
mod tests;
mod weights;

pub use network::Musicnn;

use network::STAGES;

use crate::Input;
use crate::definition::Definition;
use crate::nn::dense::Dense;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Frozen, Network, Pass, Size};
use crate::pretrained::{self, Published, Weights};
use crate::settings::{Head, Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::{Norm, Origin};
use needledrop_data::window::{every_three_seconds, window_of};
use rand_chacha::ChaCha8Rng;

/// Whose weights it can start from.
const WANTED: &str = "give weights of musicnn's MSD_musicnn under the names of its layers (docs/models.md), or an exported model of them";

/// What the published weights know.
const ABOUT_WEIGHTS: &str = "The base learned from some 200,000 songs of the Million Song Dataset with the tags that \
    listeners of Last.fm gave them from 2007 to 2011: mostly Western popular music, as English-speaking listeners saw \
    it. Music of other places and times gets the nearest of what it knows. Not for deciding about people or their music.";

/// Mean power of a window, in dB, that every window is brought to: that of the music it was taught with.
const REFERENCE_LEVEL_DB: i16 = -4;

/// `musicnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "musicnn";
    const ABOUT: &'static str = "music tagger as a backbone (--pretrained FILE, --finetune N)";
    const PRESETS: &'static str =
        "article: Adam; best: AdamW, augments (with --pretrained solves for the last layer)";
    const FRONTEND: &'static str = "tagger";
    const PUBLISHED: Option<Published> = Some(Published {
        wanted: WANTED,
        frontend: Some(Self::FRONTEND),
        stages: STAGES,
        about: Some(ABOUT_WEIGHTS),
        head: Head::Solved,
    });
    const LEAST_ROWS: usize = 1;
    const ANY_LENGTH: bool = true;

    type Net<B: TrainBackend> = Musicnn<B>;

    fn input(origin: &Origin, _clip_rows: usize) -> Input {
        Input {
            norm: Norm::Level(REFERENCE_LEVEL_DB),
            ..Input::log_mel(window_of(origin, every_three_seconds))
        }
    }

    /// The same with and without weights to start from.
    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.5,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => article.improved(1e-3),
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Musicnn::new(size, rng, device)
    }
}

impl<B: LayerOps> Network<B> for Musicnn<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn head(&mut self) -> Option<&mut Dense<B>> {
        Some(&mut self.head)
    }

    fn frozen(&self) -> Option<&dyn Frozen<B>> {
        (self.frozen > 0).then_some(self)
    }

    fn with_pretrained(
        self,
        weights: &Weights,
        finetune: usize,
        device: &B::Device,
    ) -> Result<Self, pretrained::Error> {
        let net = self.load(weights, device)?;
        Ok(net.freeze(STAGES - finetune))
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::graph(self, input)
    }
}
