//! `compact` and `compact-causal`: our depthwise-separable network for small boards.

mod network;
mod onnx;

pub use network::Compact;

use crate::Input;
use crate::augment::Augment;
use crate::backend::Device;
use crate::backend::TrainBackend;
use crate::models::{Architecture, Definition, Model};
use crate::nn::Size;
use crate::settings::{Crop, Optimizer, Pool, Preset, Schedule, Settings};
use needledrop_bundle::{InputKind, Norm};
use needledrop_data::window::{three_seconds, window_of};
use rand_chacha::ChaCha8Rng;

/// Frames that a causal model's trailing mean covers: about a second and a half.
const TRAILING_FRAMES: u32 = 64;

/// `compact`.
#[derive(Debug)]
pub struct Plain;

impl Definition for Plain {
    const MODEL: Model = Model {
        name: "compact",
        about: "depthwise-separable CNN for small boards",
        presets: "both ours: best (default) augments, article is plain training",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::Compact,
        least_rows: 1,
        takes_pretrained: false,
        any_length: true,
        input: |origin, _| Input::log_mel(window_of(origin, three_seconds)),
        settings: Settings::compact,
    };

    type Net<B: TrainBackend> = Compact<B>;

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
    const MODEL: Model = Model {
        name: "compact-causal",
        about: "compact without a look ahead, for streaming",
        presets: "as compact",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::CompactCausal,
        least_rows: 8,
        takes_pretrained: false,
        any_length: true,
        input: |origin, _| Input {
            norm: Norm::Trailing(TRAILING_FRAMES),
            ..Input::log_mel(window_of(origin, three_seconds))
        },
        settings: Settings::compact_causal,
    };

    type Net<B: TrainBackend> = Compact<B>;

    fn build<B: TrainBackend>(
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B> {
        Compact::new(size, true, rng, device)
    }
}

impl Settings {
    /// Defaults of `compact`: both presets are ours.
    pub fn compact(preset: Preset) -> Self {
        Self {
            model: "compact".to_owned(),
            preset,
            device: Device::Cpu,
            replicas: 1,
            epochs: 80,
            batch: 32,
            seed: 1,
            optimizer: Optimizer::AdamW,
            rate: 3e-3,
            schedule: Schedule::Cosine,
            weight_decay: 0.02,
            dropout: match preset {
                Preset::Article => 0.0,
                Preset::Best => 0.2,
            },
            patience: 20,
            crop: Crop::Random,
            pool: Pool::Mean,
            augment: match preset {
                Preset::Article => Augment::NONE,
                Preset::Best => Augment::BEST,
            },
            pretrained: None,
        }
    }

    /// Defaults of `compact-causal`: those of `compact`.
    pub fn compact_causal(preset: Preset) -> Self {
        Self {
            model: "compact-causal".to_owned(),
            ..Self::compact(preset)
        }
    }
}
