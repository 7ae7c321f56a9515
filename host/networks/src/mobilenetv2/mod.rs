//! `mobilenetv2`: MobileNetV2 1.0 at 224 x 224, layer for layer torchvision's, on a log-mel window as a picture.

mod block;
mod network;
mod onnx;
mod picture;
#[cfg(test)]
mod tests;
mod weights;

pub use network::{MobileNetV2, STAGES};

use crate::Input;
use crate::backend::TrainBackend;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Optimizer, Preset, Schedule, Settings};
use needledrop_bundle::InputKind;
use needledrop_data::window::{three_seconds, window_of};
use rand_chacha::ChaCha8Rng;

/// `mobilenetv2`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const MODEL: Model = Model {
        name: "mobilenetv2",
        about: "MobileNetV2 1.0 on the window as a picture (--pretrained FILE, --finetune N)",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::MobileNetV2,
        least_rows: 1,
        takes_pretrained: true,
        any_length: true,
        input: |origin, _| Input::log_mel(window_of(origin, three_seconds)),
        settings: Settings::mobilenetv2,
    };

    type Net<B: TrainBackend> = MobileNetV2<B>;

    fn build<B: TrainBackend>(
        size: Size,
        settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        let padding = settings.pretrained.as_ref().map(|it| it.padding);
        MobileNetV2::new(size.classes, padding.unwrap_or_default(), rng, device)
    }
}

impl Settings {
    /// Defaults of `mobilenetv2`, with and without weights to start from.
    pub fn mobilenetv2(preset: Preset) -> Self {
        let article = Self {
            model: "mobilenetv2".to_owned(),
            preset,
            epochs: 50,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.2,
            ..Self::compact(Preset::Article)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => article.improved(1e-3),
        }
    }
}
