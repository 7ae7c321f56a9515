//! Everything that decides the outcome of a run, besides the data; a network's folder has its defaults.

mod schedule;

pub use schedule::Schedule;

use super::augment::Augment;
use crate::backend::Device;
use crate::pretrained::{Pretrained, Published};
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
    /// Weight decay: decoupled from the gradient for AdamW, else L2: a multiple of the weight added to its gradient.
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
    /// How the last layer learns on layers that don't.
    #[serde(default)]
    pub head: Head,
    /// Digest of the teacher and of its answers, 64 hex; none without a teacher.
    #[serde(default)]
    pub teacher: Option<String>,
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

/// Where in its clip a training window lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// Anywhere, another place every time.
    Random,
    /// At its start, always.
    First,
}

/// How a last layer learns on layers that do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// By steps, as every other layer.
    #[default]
    Trained,
    /// As logistic regression, its strength by cross-validation over groups of clips.
    Solved,
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
        let schedule = self.schedule;
        self.rate * schedule.share(step, steps_per_epoch, self.epochs, losses)
    }

    /// Our recipe without its augmentation and dropout: AdamW, a cosine over at most 80 epochs, random crops.
    pub(crate) fn plain(model: &str, preset: Preset) -> Self {
        Self {
            model: model.to_owned(),
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
            dropout: 0.0,
            patience: 20,
            crop: Crop::Random,
            pool: Pool::Mean,
            augment: Augment::NONE,
            pretrained: None,
            head: Head::Trained,
            teacher: None,
        }
    }

    /// Our recipe for a network whose article has another: [`Settings::plain`] at `rate`, with augmentation.
    pub(crate) fn improved(self, rate: f64) -> Self {
        let Self {
            epochs,
            optimizer,
            schedule,
            weight_decay,
            ..
        } = Self::plain(&self.model, self.preset);
        Self {
            epochs,
            optimizer,
            rate,
            schedule,
            weight_decay,
            augment: Augment::BEST,
            ..self
        }
    }

    /// The same run, started from weights that others trained; where stages of those learn too, at a lower rate, and
    /// where none does, with the last layer that the network's best preset has for it.
    pub fn start_from(self, pretrained: Pretrained, published: &Published) -> Self {
        let (share, head) = match (pretrained.finetune, self.preset) {
            (0, Preset::Best) => (1.0, published.head),
            (0, Preset::Article) => (1.0, Head::Trained),
            _ => (FINETUNE_RATE_SHARE, Head::Trained),
        };
        Self {
            rate: share * self.rate,
            pretrained: Some(Pretrained {
                notes: {
                    let mut notes = pretrained.notes;
                    let about = published.about.map(str::to_owned);
                    notes.extend(about.filter(|about| !notes.contains(about)));
                    notes
                },
                ..pretrained
            }),
            head,
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

#[cfg(test)]
mod tests {
    use super::{Preset, Settings};

    #[test]
    fn differences_are_named() {
        let before = Settings::plain("compact", Preset::Best);
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
