//! `mil`: a network for five seconds of cepstra, trained on whole songs by pooling the answers on their windows.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod network;
mod onnx;

pub use network::Mil;

use crate::Input;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Network, Pass, Size};
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::Origin;
use needledrop_data::window::{count, five_seconds, window_of};
use rand_chacha::ChaCha8Rng;

/// Windows of five seconds, half overlapping, in a minute.
const SONG_WINDOWS: usize = 23;

/// `mil`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "mil";
    const ABOUT: &'static str =
        "small CNN on 5 s of cepstra, learns from whole songs (--pool mean|max|attention)";
    const PRESETS: &'static str = "article: SGD; best: augments, AdamW";
    const FRONTEND: &'static str = "mfcc";
    const LEAST_ROWS: usize = 14;
    const ANY_LENGTH: bool = false;

    type Net<B: TrainBackend> = Mil<B>;

    fn input(origin: &Origin, clip_rows: usize) -> Input {
        let window = window_of(origin, five_seconds);
        Input {
            bag: count(clip_rows, window).clamp(1, SONG_WINDOWS),
            ..Input::log_mel(window)
        }
    }

    /// A step sees `batch` songs of up to 23 windows.
    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            epochs: 100,
            batch: 8,
            optimizer: Optimizer::Sgd { momentum: 0.9 },
            rate: 1e-2,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.0,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Settings {
                dropout: 0.1,
                ..article.improved(1e-3)
            },
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Mil::new(size, settings.pool, rng, device)
    }
}

impl<B: LayerOps> Network<B> for Mil<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn bag_logits(&self, x: Tensor<B, 3>, bag: usize, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward_bag(x, bag, pass)
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::window(self, input)
    }

    fn bag_to_onnx(&self, input: &Input) -> Option<Vec<u8>> {
        (input.bag > 1).then(|| onnx::song(self, input))
    }
}
