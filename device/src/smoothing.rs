//! Sticky filter over time: one window's probabilities in, those given all windows so far out.
//!
//! One forward step of a hidden Markov model in the log domain: the hidden class stays what it is with a probability
//! per second that the model file gives, and otherwise becomes any other class, all alike. A window's calibrated
//! probabilities are its evidence.
//!
//! Windows overlap, so their evidence is not independent: a window that brings only `hop` new rows of `frames` counts
//! with the exponent `hop / frames`. Ten windows of a tenth hop then weigh as much as one whole window, and changing
//! the hop changes how often the board speaks, not how sure it is.
//!
//! # Source
//! L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989), section III.A (forward variable, scaled).

/// Least probability that one window can give a class: no single window rules anything out for good.
const LEAST_PROBABILITY: f64 = 1e-6;

/// The filter's state.
#[derive(Clone, Debug)]
pub struct Smoother {
    /// Probability that a class lasts until the next window.
    stay: f64,
    /// Exponent of a window's evidence.
    weight: f64,
    posterior: Vec<f64>,
    /// No window since the last reset: the next one is all new.
    fresh: bool,
}

impl Smoother {
    /// For `classes` classes that last with probability `stay_per_second`; windows come every `hop_seconds` and last
    /// `window_seconds`.
    pub fn new(
        classes: usize,
        stay_per_second: f64,
        hop_seconds: f64,
        window_seconds: f64,
    ) -> Self {
        let uniform = 1.0 / classes.max(1) as f64;
        Self {
            stay: libm::pow(stay_per_second, hop_seconds).clamp(uniform, 1.0 - 1e-9),
            weight: (hop_seconds / window_seconds).clamp(1e-3, 1.0),
            posterior: vec![uniform; classes],
            fresh: true,
        }
    }

    /// One window's probabilities in, the probability of each class given all windows since the last reset out.
    pub fn process(&mut self, probabilities: &[f64]) -> &[f64] {
        let classes = self.posterior.len();
        let others = (1.0 - self.stay) / (classes.max(2) - 1) as f64;
        let weight = if core::mem::take(&mut self.fresh) {
            1.0
        } else {
            self.weight
        };
        let mut highest = f64::NEG_INFINITY;
        for (log, &probability) in self.posterior.iter_mut().zip(probabilities) {
            // The posterior sums to 1, so the sum over the other classes is 1 minus this one.
            let predicted = others + (self.stay - others) * *log;
            *log = libm::log(predicted) + weight * libm::log(probability.max(LEAST_PROBABILITY));
            highest = highest.max(*log);
        }
        let mut sum = 0.0;
        for value in &mut self.posterior {
            *value = libm::exp(*value - highest);
            sum += *value;
        }
        for value in &mut self.posterior {
            *value /= sum;
        }
        &self.posterior
    }

    /// Probability of each class now.
    pub fn posterior(&self) -> &[f64] {
        &self.posterior
    }

    /// Every class alike.
    pub fn reset(&mut self) {
        let uniform = 1.0 / self.posterior.len().max(1) as f64;
        self.posterior.fill(uniform);
        self.fresh = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Smoother;
    use proptest::prelude::{prop, prop_assert, proptest};

    /// The same step written as the textbook has it: full transition matrix, linear domain.
    fn textbook(stay: f64, weight: f64, before: &[f64], evidence: &[f64]) -> Vec<f64> {
        let n = before.len();
        let step = |to: usize| {
            let arrive: f64 = (0..n)
                .map(|from| {
                    before[from]
                        * if from == to {
                            stay
                        } else {
                            (1.0 - stay) / (n - 1) as f64
                        }
                })
                .sum();
            arrive * evidence[to].max(1e-6).powf(weight)
        };
        let forward: Vec<f64> = (0..n).map(step).collect();
        let sum: f64 = forward.iter().sum();
        forward.iter().map(|value| value / sum).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook(windows in prop::collection::vec(prop::collection::vec(0.001_f64..1.0, 5), 1..30)) {
            let mut smoother = Smoother::new(5, 0.9, 1.0, 2.0);
            let mut expected = vec![0.2; 5];
            for (index, window) in windows.iter().enumerate() {
                let sum: f64 = window.iter().sum();
                let evidence: Vec<f64> = window.iter().map(|value| value / sum).collect();
                let weight = if index == 0 { 1.0 } else { 0.5 };
                expected = textbook(0.9, weight, &expected, &evidence);
                for (found, expected) in smoother.process(&evidence).iter().zip(&expected) {
                    prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn one_odd_window_does_not_change_the_mind_but_many_do() {
        let mut smoother = Smoother::new(3, 0.95, 1.5, 3.0);
        for _ in 0..5 {
            smoother.process(&[0.8, 0.1, 0.1]);
        }
        assert!(smoother.process(&[0.1, 0.8, 0.1])[0] > 0.5);
        for _ in 0..5 {
            smoother.process(&[0.1, 0.8, 0.1]);
        }
        assert!(smoother.posterior()[1] > 0.8);
    }

    #[test]
    fn certainty_for_one_class_never_locks_the_filter() {
        let mut smoother = Smoother::new(2, 0.99, 1.0, 1.0);
        for _ in 0..1_000 {
            smoother.process(&[1.0, 0.0]);
        }
        let windows = (0..20)
            .take_while(|_| smoother.process(&[0.0, 1.0])[1] < 0.9)
            .count();
        assert!(windows < 5, "{windows}");
    }

    #[test]
    fn a_shorter_hop_is_not_more_certainty() {
        let after = |hop: f64, windows: usize| {
            let mut smoother = Smoother::new(4, 1.0, hop, 3.0);
            (0..windows).for_each(|_| {
                smoother.process(&[0.4, 0.3, 0.2, 0.1]);
            });
            smoother.posterior()[0]
        };
        assert!((after(3.0, 11) - after(0.3, 101)).abs() < 1e-3);
    }
}
