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

    /// The recipe of `compact` on another network: AdamW, a cosine over at most 80 epochs, augmentation.
    fn improved(self, rate: f64) -> Self {
        let Self {
            epochs,
            optimizer,
            schedule,
            weight_decay,
            augment,
            ..
        } = Self::compact(Preset::Best);
        Self {
            epochs,
            optimizer,
            rate,
            schedule,
            weight_decay,
            augment,
            ..self
        }
    }
}
