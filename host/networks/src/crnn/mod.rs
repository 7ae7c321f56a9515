//! `crnn`: convolutions along time over all bands at once, then an LSTM.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod network;
mod onnx;

pub use network::Crnn;

use crate::Input;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Network, Pass, Size};
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::Origin;
use rand_chacha::ChaCha8Rng;

/// `crnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "crnn";
    const ABOUT: &'static str = "convolutions along time, then an LSTM";
    const PRESETS: &'static str = "article: plain; best: augments, AdamW";
    const LEAST_ROWS: usize = 8;
    const ANY_LENGTH: bool = true;

    type Net<B: TrainBackend> = Crnn<B>;

    fn input(origin: &Origin, clip_rows: usize) -> Input {
        Input::quarter_minute(origin, clip_rows)
    }

    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            epochs: 70,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Plateau {
                epochs: 10,
                factor: 0.1,
            },
            weight_decay: 1e-3,
            dropout: 0.4,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => article.improved(2e-3),
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Crnn::new(size, rng, device)
    }
}

impl<B: LayerOps> Network<B> for Crnn<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::graph(self, input)
    }
}
