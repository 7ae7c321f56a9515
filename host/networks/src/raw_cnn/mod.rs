//! `raw-cnn`: two convolutions over the waveform and three dense layers.

mod network;
mod onnx;

pub use network::RawCnn;

use crate::Input;
use crate::backend::TrainBackend;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Crop, Optimizer, Preset, Schedule, Settings};
use needledrop_bundle::InputKind;
use rand_chacha::ChaCha8Rng;

/// Rate of PCM whose frontend is not known, in Hz: the articles'.
const RAW_RATE_HZ: u32 = 22_050;
/// Samples of a window.
const RAW_SAMPLES: usize = 10_000;

/// `raw-cnn`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const MODEL: Model = Model {
        name: "raw-cnn",
        about: "CNN on the waveform",
        presets: "article: the first 10,000 samples of each clip; best: any of them",
        kind: InputKind::Pcm,
        frontend: "seed",
        network: Architecture::RawCnn,
        least_rows: 10,
        takes_pretrained: false,
        any_length: false,
        // One window a second: windows of less than half of one need not overlap.
        input: |origin, _| {
            let frontend = origin.frontend();
            let rate_hz = frontend.map_or(RAW_RATE_HZ, |it| it.config.sample_rate_hz);
            Input::pcm(RAW_SAMPLES, rate_hz as usize)
        },
        settings: Settings::raw_cnn,
    };

    type Net<B: TrainBackend> = RawCnn<B>;

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        RawCnn::new(size, rng, device)
    }
}

impl Settings {
    /// Defaults of `raw-cnn`; what augments a log-mel window does nothing to PCM.
    pub fn raw_cnn(preset: Preset) -> Self {
        let article = Self {
            model: "raw-cnn".to_owned(),
            preset,
            epochs: 100,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.5,
            crop: Crop::First,
            ..Self::compact(Preset::Article)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => Self {
                optimizer: Optimizer::AdamW,
                schedule: Schedule::Cosine,
                weight_decay: 0.02,
                crop: Crop::Random,
                ..article
            },
        }
    }
}
