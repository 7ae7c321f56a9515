//! The temperature that makes probabilities mean what they say: validation logits in, one number to divide logits by
//! out.
//!
//! # Source
//! Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2: one temperature, chosen to minimise
//! the negative log-likelihood of the validation set.
use super::{run_folder::Validation, scores};
use serde::Serialize;

/// Temperatures that are considered. A fit at either end says that the logits mean little.
const RANGE: (f64, f64) = (0.05, 20.0);
/// Halvings by the golden ratio: the interval shrinks to 1e-8 of itself.
const STEPS: usize = 40;
/// Temperatures are rounded to this, far finer than the data can tell, so that they read well.
const GRAIN: f64 = 1000.0;

/// A fitted temperature and what it changed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fit {
    /// Logits are divided by this.
    pub(crate) temperature: f64,
    /// Validation windows it was fitted on.
    pub(crate) windows: usize,
    /// Log-loss at temperature 1, in nats.
    pub(crate) log_loss_before: f64,
    /// Log-loss at the temperature.
    pub(crate) log_loss_after: f64,
    /// Expected calibration error at temperature 1.
    pub(crate) ece_before: f64,
    /// Expected calibration error at the temperature.
    pub(crate) ece_after: f64,
    /// Whether the fit ended at an end of `RANGE`.
    pub(crate) at_limit: bool,
}

/// Fits the temperature.
pub(crate) fn fit(valid: &Validation) -> Fit {
    // The loss is convex in 1/T, hence has one minimum in ln T.
    let loss = |log_temperature: f64| log_loss(valid, log_temperature.exp());
    let best = golden_section(loss, RANGE.0.ln(), RANGE.1.ln()).exp();
    let temperature = (best * GRAIN).round() / GRAIN;
    let before = scores::scores(valid, &[], 1.0);
    let after = scores::scores(valid, &[], temperature);
    Fit {
        temperature,
        windows: valid.truth.len(),
        log_loss_before: before.log_loss,
        log_loss_after: after.log_loss,
        ece_before: before.ece,
        ece_after: after.ece,
        at_limit: !(RANGE.0 * 1.01..RANGE.1 * 0.99).contains(&temperature),
    }
}

/// Mean negative log-likelihood of the true classes.
fn log_loss(valid: &Validation, temperature: f64) -> f64 {
    let row_loss = |(logits, truth): (&[f32], usize)| {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scaled = |logit: f32| (f64::from(logit) - f64::from(highest)) / temperature;
        let sum: f64 = logits.iter().map(|&logit| scaled(logit).exp()).sum();
        sum.ln() - scaled(logits[truth])
    };
    valid.rows().map(row_loss).sum::<f64>() / valid.truth.len() as f64
}

/// The minimum of a function with one minimum in `low..high`.
fn golden_section(function: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5.0f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (function(left), function(right));
    for _ in 0..STEPS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = function(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = function(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::{Validation, fit, golden_section};

    #[test]
    fn golden_section_finds_the_minimum() {
        assert!((golden_section(|x| (x - 0.7).powi(2), -3.0, 3.0) - 0.7).abs() < 1e-6);
    }

    /// Windows right with probability `right`, all with the same logits.
    fn windows(logits: [f32; 2], right: usize, of: usize) -> Validation {
        Validation {
            classes: 2,
            logits: std::iter::repeat_n(logits, of).flatten().collect(),
            truth: (0..of).map(|index| usize::from(index >= right)).collect(),
        }
    }

    #[test]
    fn an_overconfident_net_gets_its_own_accuracy_as_confidence() {
        // Right 8 times in 10, which is a margin of ln 4; the net says 6.
        let found = fit(&windows([6.0, 0.0], 8, 10));
        let expected = 6.0 / 4.0f64.ln();
        assert!(
            (found.temperature - expected).abs() < 2e-3,
            "{found:?} {expected}"
        );
        assert!(
            found.ece_before > 0.19 && found.ece_after < 0.005,
            "{found:?}"
        );
        assert!(found.log_loss_after < found.log_loss_before && !found.at_limit);
    }

    #[test]
    fn a_shy_net_is_sharpened() {
        let found = fit(&windows([0.5, 0.0], 9, 10));
        let expected = 0.5 / 9.0f64.ln();
        assert!(
            (found.temperature - expected).abs() < 2e-2,
            "{found:?} {expected}"
        );
    }

    #[test]
    fn logits_that_mean_nothing_are_said_so() {
        assert!(fit(&windows([3.0, 0.0], 2, 10)).at_limit);
        assert!(fit(&windows([3.0, 0.0], 10, 10)).at_limit);
    }
}
