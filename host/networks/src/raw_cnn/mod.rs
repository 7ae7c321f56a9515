//! `raw-cnn`: two convolutions over the waveform and three dense layers.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod network;
mod onnx;

pub use network::RawCnn;

use crate::Input;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Network, Pass, Size};
use crate::settings::{Crop, Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::{InputKind, Origin};
use rand_chacha::ChaCha8Rng;

/// Rate of PCM whose frontend is not known, in Hz: the articles'.
const RAW_RATE_HZ: u32 = 22_050;
/// Samples of a window.
const RAW_SAMPLES: usize = 10_000;

/// `raw-cnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "raw-cnn";
    const ABOUT: &'static str = "CNN on the waveform";
    const PRESETS: &'static str =
        "article: the first 10,000 samples of each clip; best: any of them";
    const KIND: InputKind = InputKind::Pcm;
    const LEAST_ROWS: usize = 10;
    const ANY_LENGTH: bool = false;

    type Net<B: TrainBackend> = RawCnn<B>;

    /// One window a second: windows of less than half of one need not overlap.
    fn input(origin: &Origin, _clip_rows: usize) -> Input {
        let frontend = origin.frontend();
        let rate_hz = frontend.map_or(RAW_RATE_HZ, |it| it.config.sample_rate_hz);
        Input::pcm(RAW_SAMPLES, rate_hz as usize)
    }

    /// What augments a log-mel window does nothing to PCM.
    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            epochs: 100,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.5,
            crop: Crop::First,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Settings {
                optimizer: Optimizer::AdamW,
                schedule: Schedule::Cosine,
                weight_decay: 0.02,
                crop: Crop::Random,
                ..article
            },
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        RawCnn::new(size, rng, device)
    }
}

impl<B: LayerOps> Network<B> for RawCnn<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::graph(self, input)
    }
}
