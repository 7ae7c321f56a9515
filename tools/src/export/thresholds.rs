//! Per class: the posterior from which a board names it.
//!
//! A wrong genre on the display is worse than `uncertain`, so each threshold maximises F0.5 of its class on the
//! validation windows, which counts precision twice as much as recall. The range is narrow because the board applies
//! thresholds after its filter over time, which is surer than a single window.
use super::{calibration::Fit, run_folder::Validation, scores};
use needledrop_infer::Calibration;

/// Thresholds that are tried.
const CANDIDATES: [f32; 9] = [0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70];
/// The posterior from which a class without a threshold of its own is named, as one with too few windows to tell.
pub(crate) const CONFIDENT: f32 = 0.5;
/// Validation windows from which a class can tell.
const LEAST_WINDOWS: usize = 20;

/// One threshold a class.
pub(crate) fn choose(valid: &Validation, fit: &Fit) -> Vec<f32> {
    let calibration = Calibration {
        temperature: fit.temperature,
    };
    let mut probabilities = vec![0.0; valid.classes];
    let said: Vec<(usize, f64, usize)> = valid
        .rows()
        .map(|(logits, truth)| {
            calibration.probabilities(logits, &mut probabilities);
            let (top, confidence) = scores::top(&probabilities);
            (top, confidence, truth)
        })
        .collect();
    (0..valid.classes)
        .map(|class| threshold(class, &said))
        .collect()
}

fn threshold(class: usize, said: &[(usize, f64, usize)]) -> f32 {
    let there = said.iter().filter(|(_, _, truth)| *truth == class).count();
    if there < LEAST_WINDOWS {
        return CONFIDENT;
    }
    let score = |threshold: f32| {
        let named = said
            .iter()
            .filter(|(top, sure, _)| *top == class && *sure >= f64::from(threshold));
        let (hits, misses) = named.fold((0, 0), |(hits, misses), (_, _, truth)| {
            if *truth == class {
                (hits + 1, misses)
            } else {
                (hits, misses + 1)
            }
        });
        // F0.5 = 1.25 hits / (1.25 hits + 0.25 missed + wrong).
        1.25 * hits as f64 / (hits as f64 + misses as f64 + 0.25 * there as f64)
    };
    let mut best = (CONFIDENT, score(CONFIDENT));
    for candidate in CANDIDATES {
        let found = score(candidate);
        if found > best.1 {
            best = (candidate, found);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::threshold;

    #[test]
    fn is_raised_above_the_mistakes_and_lowered_to_the_hits() {
        let right = |sure| (0, sure, 0);
        let wrong = |sure| (0, sure, 1);
        let careful: Vec<_> = (0..30)
            .map(|_| right(0.9))
            .chain((0..30).map(|_| wrong(0.62)))
            .collect();
        assert_eq!(threshold(0, &careful), 0.65);
        let eager: Vec<_> = (0..30).map(|_| right(0.42)).chain([wrong(0.33)]).collect();
        assert_eq!(threshold(0, &eager), 0.35);
        let few: Vec<_> = (0..5).map(|_| right(0.35)).collect();
        assert_eq!(threshold(0, &few), 0.5);
    }
}
