//! `crnn`: convolutions along time over all bands at once, then an LSTM.

mod network;
mod onnx;

pub use network::Crnn;

use crate::backend::TrainBackend;
use crate::models::quarter_minute;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use needledrop_bundle::InputKind;
use rand_chacha::ChaCha8Rng;

/// `crnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const MODEL: Model = Model {
        name: "crnn",
        about: "convolutions along time, then an LSTM",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::Crnn,
        least_rows: 8,
        takes_pretrained: false,
        any_length: true,
        input: quarter_minute,
        settings: Settings::crnn,
    };

    type Net<B: TrainBackend> = Crnn<B>;

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Crnn::new(size, rng, device)
    }
}

impl Settings {
    /// Defaults of `crnn`.
    pub fn crnn(preset: Preset) -> Self {
        let article = Self {
            model: "crnn".to_owned(),
            preset,
            epochs: 70,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Plateau {
                epochs: 10,
                factor: 0.1,
            },
            weight_decay: 1e-3,
            dropout: 0.4,
            ..Self::compact(Preset::Article)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => article.improved(2e-3),
        }
    }
}
