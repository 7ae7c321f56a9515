//! Everything that decides the outcome of a run, besides the data.

use super::augment::Augment;
use crate::backend::Device;
use crate::pretrained::Pretrained;
use serde::{Deserialize, Serialize};

/// What the rate of weights that others trained is to that of new ones: they are to be kept mostly.
const FINETUNE_RATE_SHARE: f64 = 0.1;

/// Settings of a run; a run can be resumed with equal settings alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Architecture.
    pub model: String,
    /// Hyper-parameter preset.
    pub preset: Preset,
    /// Where it is trained: another device rounds otherwise.
    pub device: Device,
    /// Devices that share each batch: another number of them rounds otherwise, and sees other batch norms.
    #[serde(default = "one")]
    pub replicas: usize,
    /// Most epochs; the cosine schedule is laid over all of them.
    pub epochs: usize,
    /// Windows a step; songs a step for a network that learns from bags of windows.
    pub batch: usize,
    /// Seed of weights, order, augmentation and dropout.
    pub seed: u64,
    /// What turns gradients into steps.
    pub optimizer: Optimizer,
    /// Highest rate.
    pub rate: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// Weight decay: decoupled from the gradient for AdamW, L2 (a multiple of the weight added to its gradient) for the others.
    pub weight_decay: f32,
    /// Dropout at each of the network's sites.
    pub dropout: f32,
    /// Epochs without a better validation log-loss after which training stops.
    pub patience: usize,
    /// Where in its clip a training window lies.
    pub crop: Crop,
    /// How a song's windows become its answer, for a network that learns from bags of windows.
    pub pool: Pool,
    /// Changes to training windows.
    pub augment: Augment,
    /// Weights to start from; random ones without.
    pub pretrained: Option<Pretrained>,
}

/// What a checkpoint that names no number of devices was trained on.
const fn one() -> usize {
    1
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

/// What turns gradients into steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam with decoupled weight decay.
    AdamW,
    /// Adam.
    Adam,
    /// RMSprop without momentum.
    RmsProp,
    /// Stochastic gradient descent with this much momentum.
    Sgd {
        /// Share of the last step that is taken again.
        momentum: f64,
    },
}

/// How the rate changes over a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Linear warm-up over the first epoch, then half a cosine down to a hundredth.
    Cosine,
    /// Multiplied by `factor` whenever `epochs` epochs have passed without a better validation log-loss.
    Plateau {
        /// Epochs without gain.
        epochs: usize,
        /// What the rate is multiplied by.
        factor: f64,
    },
    /// Always the same.
    Constant,
}

/// Where in its clip a training window lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// Anywhere, another place every time.
    Random,
    /// At its start, always.
    First,
}

/// How the answers on a song's windows become the song's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Pool {
    /// Mean of the windows' probabilities.
    #[default]
    Mean,
    /// Softmax over each label's largest logit.
    Max,
    /// Mean weighted by what the network learns to attend to.
    Attention,
}

impl Settings {
    /// Rate of a step, counted from the run's first, given the validation log-losses of the whole epochs before it.
    pub fn rate_at(&self, step: usize, steps_per_epoch: usize, losses: &[f64]) -> f64 {
        match self.schedule {
            Schedule::Cosine => self.rate * cosine(step, steps_per_epoch, self.epochs),
            Schedule::Plateau { epochs, factor } => {
                self.rate * factor.powi(plateaus(losses, epochs) as i32)
            }
            Schedule::Constant => self.rate,
        }
    }

    /// The recipe of `compact` on another network: AdamW, a cosine over at most 80 epochs, augmentation.
    pub(crate) fn improved(self, rate: f64) -> Self {
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

    /// The same run, started from weights that others trained; where stages of those learn too, at a lower rate.
    pub fn start_from(self, pretrained: Pretrained) -> Self {
        let share = match pretrained.finetune {
            0 => 1.0,
            _ => FINETUNE_RATE_SHARE,
        };
        Self {
            rate: share * self.rate,
            pretrained: Some(pretrained),
            ..self
        }
    }

    /// `name was, not is` for each setting that differs from `before`.
    pub fn differences(&self, before: &Self) -> Vec<String> {
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

/// Share of the highest rate: a warm-up over the first epoch, then half a cosine down to a hundredth.
fn cosine(step: usize, steps_per_epoch: usize, epochs: usize) -> f64 {
    let warm_up = steps_per_epoch.max(1);
    if step < warm_up {
        return (step + 1) as f64 / warm_up as f64;
    }
    let rest = (epochs * steps_per_epoch).saturating_sub(warm_up).max(1);
    let done = ((step - warm_up) as f64 / rest as f64).min(1.0);
    let floor = 0.01;
    floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
}

/// How often `epochs` epochs in a row brought no better validation log-loss.
fn plateaus(losses: &[f64], epochs: usize) -> usize {
    let (mut best, mut without, mut count) = (f64::INFINITY, 0, 0);
    for &loss in losses {
        if loss < best {
            best = loss;
            without = 0;
        } else {
            without += 1;
        }
        if without == epochs {
            without = 0;
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{Preset, Schedule, Settings};

    #[test]
    fn the_rate_rises_for_an_epoch_and_then_falls() {
        let settings = Settings {
            epochs: 10,
            ..Settings::compact(Preset::Best)
        };
        let rates: Vec<f64> = (0..50).map(|step| settings.rate_at(step, 5, &[])).collect();
        assert!((rates[4] - settings.rate).abs() < 1e-12);
        assert!(rates[..5].is_sorted() && rates[5..].is_sorted_by(|a, b| a >= b));
        assert!(rates[49] > 0.0 && rates[49] < 0.02 * settings.rate);
    }

    #[test]
    fn a_plateau_lowers_the_rate_once_for_every_so_many_epochs_without_gain() {
        let settings = Settings {
            rate: 1.0,
            schedule: Schedule::Plateau {
                epochs: 2,
                factor: 0.1,
            },
            ..Settings::compact(Preset::Article)
        };
        let losses = [3.0, 2.0, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5];
        let rates: Vec<f64> = (0..=10)
            .map(|epochs| settings.rate_at(epochs * 7, 7, &losses[..epochs]))
            .collect();
        let lowered: Vec<i32> = rates.iter().map(|r| r.log10().round() as i32).collect();
        assert_eq!(lowered, [0, 0, 0, 0, -1, -1, -1, -1, -2, -2, -3]);
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
