//! `parallel-cnn-rnn`: convolutions beside a bidirectional GRU on the same window.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod network;
mod onnx;

pub use network::ParallelCnnRnn;

use crate::Input;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Network, Pass, Size};
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::Origin;
use rand_chacha::ChaCha8Rng;

/// `parallel-cnn-rnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "parallel-cnn-rnn";
    const ABOUT: &'static str = "CNN beside a bidirectional GRU";
    const PRESETS: &'static str = "article: plain; best: augments, AdamW";
    const LEAST_ROWS: usize = 11;
    const ANY_LENGTH: bool = false;

    type Net<B: TrainBackend> = ParallelCnnRnn<B>;

    fn input(origin: &Origin, clip_rows: usize) -> Input {
        Input::quarter_minute(origin, clip_rows)
    }

    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            epochs: 50,
            optimizer: Optimizer::RmsProp,
            rate: 5e-4,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.0,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Settings {
                dropout: 0.3,
                ..article.improved(1e-3)
            },
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        ParallelCnnRnn::new(size, rng, device)
    }
}

impl<B: LayerOps> Network<B> for ParallelCnnRnn<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::graph(self, input)
    }
}
