//! Default settings of each network, by preset: `article` is what its article used, `best` the best that we found.

use super::augment::Augment;
use super::settings::{Crop, Optimizer, Pool, Preset, Schedule, Settings};
use crate::backend::Device;

impl Settings {
    /// Defaults of `compact`: both presets are ours.
    pub fn compact(preset: Preset) -> Self {
        Self {
            model: "compact".to_owned(),
            preset,
            device: Device::Cpu,
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
        }
    }
}
