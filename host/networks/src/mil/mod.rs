//! `mil`: a network for five seconds of cepstra, trained on whole songs by pooling the answers on their windows.

mod network;
mod onnx;

pub use network::Mil;

use crate::Input;
use crate::backend::TrainBackend;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use needledrop_bundle::InputKind;
use needledrop_data::window::{count, five_seconds, window_of};
use rand_chacha::ChaCha8Rng;

/// Windows of five seconds, half overlapping, in a minute.
const SONG_WINDOWS: usize = 23;

/// `mil`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const MODEL: Model = Model {
        name: "mil",
        about: "small CNN on 5 s of cepstra, learns from whole songs (--pool mean|max|attention)",
        presets: "article: SGD; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "mfcc",
        network: Architecture::Mil,
        least_rows: 14,
        takes_pretrained: false,
        any_length: false,
        input: |origin, rows| {
            let window = window_of(origin, five_seconds);
            Input {
                bag: count(rows, window).clamp(1, SONG_WINDOWS),
                ..Input::log_mel(window)
            }
        },
        settings: Settings::mil,
    };

    type Net<B: TrainBackend> = Mil<B>;

    fn build<B: TrainBackend>(
        size: Size,
        settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Mil::new(size, settings.pool, rng, device)
    }
}

impl Settings {
    /// Defaults of `mil`; a step sees `batch` songs of up to 23 windows.
    pub fn mil(preset: Preset) -> Self {
        let article = Self {
            model: "mil".to_owned(),
            preset,
            epochs: 100,
            batch: 8,
            optimizer: Optimizer::Sgd { momentum: 0.9 },
            rate: 1e-2,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.0,
            ..Self::compact(Preset::Article)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Self {
                dropout: 0.1,
                ..article.improved(1e-3)
            },
        }
    }
}
