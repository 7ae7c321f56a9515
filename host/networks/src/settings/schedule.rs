//! How the rate changes over a run: a step's number and the losses so far to a share of the highest rate.

use serde::{Deserialize, Serialize};

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

impl Schedule {
    /// Share of the highest rate that a step has, counted from the run's first, given the validation log-losses of the
    /// whole epochs before it.
    pub(super) fn share(
        self,
        step: usize,
        steps_per_epoch: usize,
        epochs: usize,
        losses: &[f64],
    ) -> f64 {
        match self {
            Self::Cosine => cosine(step, steps_per_epoch, epochs),
            Self::Plateau { epochs, factor } => factor.powi(plateaus(losses, epochs) as i32),
            Self::Constant => 1.0,
        }
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
    use super::Schedule;
    use crate::settings::{Preset, Settings};

    #[test]
    fn the_rate_rises_for_an_epoch_and_then_falls() {
        let settings = Settings {
            epochs: 10,
            ..Settings::plain("compact", Preset::Best)
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
            ..Settings::plain("compact", Preset::Article)
        };
        let losses = [3.0, 2.0, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5];
        let rates: Vec<f64> = (0..=10)
            .map(|epochs| settings.rate_at(epochs * 7, 7, &losses[..epochs]))
            .collect();
        let lowered: Vec<i32> = rates.iter().map(|r| r.log10().round() as i32).collect();
        assert_eq!(lowered, [0, 0, 0, 0, -1, -1, -1, -1, -2, -2, -3]);
    }
}
