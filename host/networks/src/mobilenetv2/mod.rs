//! `mobilenetv2`: MobileNetV2 1.0 at 224 x 224, layer for layer torchvision's, on a log-mel window as a picture.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod block;
mod network;
mod onnx;
mod picture;
#[cfg(test)]
mod tests;
mod weights;

pub use network::MobileNetV2;

use network::STAGES;

use crate::Input;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Frozen, Network, Pass, Size};
use crate::pretrained::{self, Published, Weights};
use crate::settings::{Head, Optimizer, Preset, Schedule, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::Origin;
use rand_chacha::ChaCha8Rng;

/// Whose weights it can start from.
const WANTED: &str =
    "give weights of torchvision's mobilenet_v2, width 1.0, with the names of its state dict";

/// `mobilenetv2`.
#[derive(Debug)]
pub struct Registered;

impl Definition for Registered {
    const NAME: &'static str = "mobilenetv2";
    const ABOUT: &'static str =
        "MobileNetV2 1.0 on the window as a picture (--pretrained FILE, --finetune N)";
    const PRESETS: &'static str =
        "article: plain; best: AdamW, augments (with --pretrained mixes and smooths alone)";
    const PUBLISHED: Option<Published> = Some(Published {
        wanted: WANTED,
        frontend: None,
        stages: STAGES,
        about: None,
        head: Head::Trained,
    });
    const LEAST_ROWS: usize = 1;
    const ANY_LENGTH: bool = true;

    type Net<B: TrainBackend> = MobileNetV2<B>;

    fn input(origin: &Origin, _clip_rows: usize) -> Input {
        Input::three_seconds(origin)
    }

    /// The same with and without weights to start from.
    fn settings(preset: Preset) -> Settings {
        let article = Settings {
            epochs: 50,
            optimizer: Optimizer::Adam,
            rate: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            dropout: 0.2,
            ..Settings::plain(Self::NAME, preset)
        };
        match preset {
            Preset::Article => article,
            Preset::Best => article.improved(1e-3),
        }
    }

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

impl<B: LayerOps> Network<B> for MobileNetV2<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
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
