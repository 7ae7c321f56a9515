//! `parallel-cnn-rnn`: convolutions beside a bidirectional GRU on the same window.

mod network;
mod onnx;

pub use network::ParallelCnnRnn;

use crate::backend::TrainBackend;
use crate::models::quarter_minute;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use needledrop_bundle::InputKind;
use rand_chacha::ChaCha8Rng;

/// `parallel-cnn-rnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const MODEL: Model = Model {
        name: "parallel-cnn-rnn",
        about: "CNN beside a bidirectional GRU",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::ParallelCnnRnn,
        least_rows: 11,
        takes_pretrained: false,
        any_length: false,
        input: quarter_minute,
        settings: Settings::parallel_cnn_rnn,
    };

    type Net<B: TrainBackend> = ParallelCnnRnn<B>;

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        ParallelCnnRnn::new(size, rng, device)
    }
}

impl Settings {
    /// Defaults of `parallel-cnn-rnn`.
    pub fn parallel_cnn_rnn(preset: Preset) -> Self {
        let article = Self {
            model: "parallel-cnn-rnn".to_owned(),
            preset,
            epochs: 50,
            optimizer: Optimizer::RmsProp,
            rate: 5e-4,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.0,
            ..Self::compact(Preset::Article)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Self {
                dropout: 0.3,
                ..article.improved(1e-3)
            },
        }
    }
}
