//! One answer for many windows: probabilities `[windows, classes]` go in, one a class or the class itself comes out.

use needledrop_infer::argmax;

/// Mean over windows of `[windows, classes]`.
pub fn mean_probabilities(windows: &[f64], classes: usize) -> Vec<f64> {
    let mut mean = vec![0.0; classes];
    let n = (windows.len() / classes) as f64;
    for row in windows.chunks_exact(classes) {
        for (mean, p) in mean.iter_mut().zip(row) {
            *mean += p / n;
        }
    }
    mean
}

/// The class that most windows of `[windows, classes]` say; of equals the one with the larger mean probability.
///
/// Gives its votes, too.
///
/// ```
/// use needledrop_judging::metrics::majority;
///
/// // Two windows barely say 0, one is sure of 1: the vote and the mean disagree.
/// assert_eq!(majority(&[0.6, 0.4, 0.6, 0.4, 0.0, 1.0], 2), (0, 2));
/// ```
pub fn majority(windows: &[f64], classes: usize) -> (usize, usize) {
    let mut votes = vec![0_usize; classes];
    for row in windows.chunks_exact(classes) {
        votes[argmax(row)] += 1;
    }
    let mean = mean_probabilities(windows, classes);
    let ranked: Vec<(usize, f64)> = votes.iter().copied().zip(mean).collect();
    let winner = argmax(&ranked);
    (winner, votes[winner])
}

#[cfg(test)]
mod tests {
    use super::{majority, mean_probabilities};

    #[test]
    fn equal_votes_go_to_the_larger_mean() {
        let windows = [0.6, 0.4, 0.0, 0.1, 0.9, 0.0];
        assert_eq!(majority(&windows, 3), (1, 1));
        let mean = mean_probabilities(&windows, 3);
        assert!((mean[0] - 0.35).abs() < 1e-12 && (mean[1] - 0.65).abs() < 1e-12);
    }

    #[test]
    fn a_larger_mean_does_not_outvote() {
        // Class 2 has the largest mean but one vote.
        let windows = [0.5, 0.1, 0.4, 0.5, 0.1, 0.4, 0.0, 0.0, 1.0];
        assert_eq!(majority(&windows, 3), (0, 2));
    }
}
