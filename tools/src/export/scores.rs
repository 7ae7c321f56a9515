//! Scores of the validation windows: logits and true classes in, accuracy, macro-F1, log-loss and calibration error
//! out.
use super::run_folder::Validation;
use needledrop_bundle::NO_MUSIC;
use needledrop_infer::Calibration;
use serde::Serialize;

/// How the scores were made, in words that travel with them.
pub(crate) const PROTOCOL: &str = "windows of the run's validation split, each counted once; probabilities after \
    temperature; the split also chose the temperature and the thresholds, so a test split will score a little lower";
/// Equal bins of the highest probability in the calibration error.
pub(crate) const BINS: usize = 15;
/// Least probability that the log-loss counts, as for a class held impossible.
const LEAST_PROBABILITY: f64 = 1e-15;

/// Scores over windows.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Scores {
    /// Windows.
    pub(crate) n: usize,
    /// Share whose likeliest class is the true one.
    pub(crate) accuracy: f64,
    /// Mean F1 of the genres that occur; `no-music` is not among them.
    pub(crate) macro_f1: f64,
    /// Mean negative logarithm of the true class's probability, in nats.
    pub(crate) log_loss: f64,
    /// Expected calibration error: mean distance between confidence and accuracy over `BINS` equal bins.
    pub(crate) ece: f64,
}

/// Scores with the probabilities that the board computes.
pub(crate) fn scores(valid: &Validation, labels: &[String], temperature: f64) -> Scores {
    let calibration = Calibration { temperature };
    let classes = valid.classes;
    let mut probabilities = vec![0.0; classes];
    let mut confusion = vec![0usize; classes * classes];
    let mut bins = [(0usize, 0usize, 0.0f64); BINS];
    let mut loss = 0.0;
    for (logits, truth) in valid.rows() {
        calibration.probabilities(logits, &mut probabilities);
        let (top, confidence) = top(&probabilities);
        confusion[truth * classes + top] += 1;
        loss -= probabilities[truth].max(LEAST_PROBABILITY).ln();
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *bin = (
            bin.0 + 1,
            bin.1 + usize::from(top == truth),
            bin.2 + confidence,
        );
    }
    let n = valid.truth.len();
    let right: usize = (0..classes)
        .map(|class| confusion[class * classes + class])
        .sum();
    let gap = |&(_, right, confidence): &(usize, usize, f64)| (right as f64 - confidence).abs();
    Scores {
        n,
        accuracy: right as f64 / n as f64,
        macro_f1: macro_f1(&confusion, labels),
        log_loss: loss / n as f64,
        ece: bins.iter().map(gap).sum::<f64>() / n as f64,
    }
}

/// Likeliest class and its probability; the first of equals.
pub(crate) fn top(probabilities: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, &probability) in probabilities.iter().enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    best
}

fn macro_f1(confusion: &[usize], labels: &[String]) -> f64 {
    let classes = labels.len();
    let f1 = |class: usize| {
        let hits = confusion[class * classes + class];
        let said: usize = (0..classes)
            .map(|truth| confusion[truth * classes + class])
            .sum();
        let there: usize = confusion[class * classes..(class + 1) * classes]
            .iter()
            .sum();
        (there > 0).then(|| 2.0 * hits as f64 / (said + there) as f64)
    };
    let genres = labels
        .iter()
        .enumerate()
        .filter(|(_, label)| *label != NO_MUSIC);
    let found: Vec<f64> = genres.filter_map(|(class, _)| f1(class)).collect();
    if found.is_empty() {
        0.0
    } else {
        found.iter().sum::<f64>() / found.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Validation, scores};

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn agree_with_a_hand_count() {
        // Probabilities 0.75 / 0.25 = logits ln 3 and 0, rounded to 1/64.
        let sure = [(3.0f32).ln(), 0.0];
        let valid = Validation {
            classes: 2,
            logits: [sure, sure, sure, [sure[1], sure[0]]].concat(),
            truth: vec![0, 0, 1, 1],
        };
        let found = scores(&valid, &labels(&["a", "b"]), 1.0);
        assert_eq!((found.n, found.accuracy), (4, 0.75));
        // a: precision 2/3, recall 1 -> 0.8; b: precision 1, recall 1/2 -> 2/3.
        assert!((found.macro_f1 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        let expected = -(3.0 * 0.75f64.ln() + 0.25f64.ln()) / 4.0;
        assert!(
            (found.log_loss - expected).abs() < 0.01,
            "{} {expected}",
            found.log_loss
        );
        // All in one bin: accuracy 0.75, confidence 0.75.
        assert!(found.ece < 0.003, "{}", found.ece);
    }

    #[test]
    fn no_music_is_no_genre() {
        let valid = Validation {
            classes: 2,
            logits: vec![9.0, 0.0, 9.0, 0.0],
            truth: vec![0, 1],
        };
        let genre = scores(&valid, &labels(&["a", "b"]), 1.0);
        let reserved = scores(&valid, &labels(&["a", "no-music"]), 1.0);
        assert!((genre.macro_f1 - (2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert!((reserved.macro_f1 - 2.0 / 3.0).abs() < 1e-12);
    }
}
