//! `compact` and `compact-causal`: our depthwise-separable network for small boards.
//!
//! What the registry knows of it, its default settings, and its parts: `network` has the layers, `onnx` writes the
//! file.

mod block;
mod network;
mod onnx;
#[cfg(test)]
mod tests;

pub use block::SeparableBlock;
pub use network::Compact;

use crate::Input;
use crate::augment::Augment;
use crate::definition::Definition;
use crate::nn::ops::{LayerOps, TrainBackend};
use crate::nn::{Network, Pass, Size};
use crate::settings::{Preset, Settings};
use burn::tensor::Tensor;
use needledrop_bundle::{Norm, Origin};
use rand_chacha::ChaCha8Rng;

/// Frames that a causal model's trailing mean covers: about a second and a half.
const TRAILING_FRAMES: u32 = 64;

/// `compact`.
#[derive(Debug)]
pub struct Plain;

impl Definition for Plain {
    const NAME: &'static str = "compact";
    const ABOUT: &'static str = "depthwise-separable CNN for small boards";
    const PRESETS: &'static str = "both ours: best (default) augments, article is plain training";
    const LEAST_ROWS: usize = 1;
    const ANY_LENGTH: bool = true;

    type Net<B: TrainBackend> = Compact<B>;

    fn input(origin: &Origin, _clip_rows: usize) -> Input {
        Input::three_seconds(origin)
    }

    /// Both presets are ours.
    fn settings(preset: Preset) -> Settings {
        let plain = Settings::plain(Self::NAME, preset);
        match preset {
            Preset::Article => plain,
            Preset::Best => Settings {
                dropout: 0.2,
                augment: Augment::BEST,
                ..plain
            },
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Compact::new(size, false, rng, device)
    }
}

/// `compact-causal`.
#[derive(Debug)]
pub struct Causal;

impl Definition for Causal {
    const NAME: &'static str = "compact-causal";
    const ABOUT: &'static str = "compact without a look ahead, for streaming";
    const PRESETS: &'static str = "as compact";
    const LEAST_ROWS: usize = 8;
    const ANY_LENGTH: bool = true;

    type Net<B: TrainBackend> = Compact<B>;

    fn input(origin: &Origin, _clip_rows: usize) -> Input {
        Input {
            norm: Norm::Trailing(TRAILING_FRAMES),
            ..Input::three_seconds(origin)
        }
    }

    /// Those of `compact`.
    fn settings(preset: Preset) -> Settings {
        Settings {
            model: Self::NAME.to_owned(),
            ..Plain::settings(preset)
        }
    }

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Compact::new(size, true, rng, device)
    }
}

impl<B: LayerOps> Network<B> for Compact<B> {
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.forward(x, pass)
    }

    fn to_onnx(&self, input: &Input) -> Vec<u8> {
        onnx::graph(self, input)
    }
}
