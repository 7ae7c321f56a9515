//! Everything that decides the outcome of a run, besides the data.

use super::augment::Augment;
use crate::backend::Device;
use serde::{Deserialize, Serialize};

/// Settings of a run; a run can be resumed with equal settings alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Architecture.
    pub model: String,
    /// Hyper-parameter preset.
    pub preset: Preset,
    /// Where it is trained: another device rounds otherwise.
    pub device: Device,
    /// Most epochs; the rate's schedule is laid over all of them.
    pub epochs: usize,
    /// Windows a step.
    pub batch: usize,
    /// Seed of weights, order and augmentation.
    pub seed: u64,
    /// Peak rate of AdamW.
    pub rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Epochs without a better validation log-loss after which training stops.
    pub patience: usize,
    /// Changes to training windows.
    pub augment: Augment,
}

/// A set of hyper-parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Preset {
    /// What the reference article used. `compact` is in no article: here it is plain training without augmentation.
    Article,
    /// The best that we found.
    #[default]
    Best,
}

impl Preset {
    /// The name in options, run records and checkpoints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Best => "best",
        }
    }
}

impl Settings {
    /// Defaults of `compact`.
    pub fn compact(preset: Preset) -> Self {
        Self {
            model: "compact".to_owned(),
            preset,
            device: Device::Cpu,
            epochs: 80,
            batch: 32,
            seed: 1,
            rate: 3e-3,
            weight_decay: 0.02,
            patience: 20,
            augment: match preset {
                Preset::Article => Augment::NONE,
                Preset::Best => Augment::BEST,
            },
        }
    }

    /// Rate of a step: linear warm-up over the first epoch, then half a cosine down to a hundredth.
    pub(crate) fn rate_at(&self, step: usize, steps_per_epoch: usize) -> f64 {
        let warm_up = steps_per_epoch.max(1);
        if step < warm_up {
            return self.rate * (step + 1) as f64 / warm_up as f64;
        }
        let rest = (self.epochs * steps_per_epoch)
            .saturating_sub(warm_up)
            .max(1);
        let done = ((step - warm_up) as f64 / rest as f64).min(1.0);
        let floor = 0.01;
        self.rate * (floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
    }

    /// `name was, not is` for each setting that differs from `before`.
    pub(crate) fn differences(&self, before: &Self) -> Vec<String> {
        let (Ok(serde_json::Value::Object(now)), Ok(serde_json::Value::Object(then))) =
            (serde_json::to_value(self), serde_json::to_value(before))
        else {
            return Vec::new();
        };
        then.iter()
            .filter(|(name, value)| now.get(*name) != Some(*value))
            .map(|(name, value)| {
                format!(
                    "{name} {value}, not {}",
                    now.get(name).unwrap_or(&serde_json::Value::Null)
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Preset, Settings};

    #[test]
    fn the_rate_rises_for_an_epoch_and_then_falls() {
        let settings = Settings {
            epochs: 10,
            ..Settings::compact(Preset::Best)
        };
        let rates: Vec<f64> = (0..50).map(|step| settings.rate_at(step, 5)).collect();
        assert!((rates[4] - settings.rate).abs() < 1e-12);
        assert!(rates[..5].is_sorted() && rates[5..].is_sorted_by(|a, b| a >= b));
        assert!(rates[49] > 0.0 && rates[49] < 0.02 * settings.rate);
    }

    #[test]
    fn differences_are_named() {
        let before = Settings::compact(Preset::Best);
        let now = Settings {
            batch: 64,
            seed: 9,
            ..before.clone()
        };
        assert_eq!(
            now.differences(&before),
            ["batch 32, not 64", "seed 1, not 9"]
        );
        assert!(before.differences(&before).is_empty());
    }
}
