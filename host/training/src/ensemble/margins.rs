//! How far an ensemble's answer is from another, when runtimes need only agree on the class of some members.
//!
//! A classic model's logits may differ between runtimes: a vote of nearest neighbours hangs on rounding, and the log
//! densities of naive Bayes are so large that 1e-4 of them is much. What each of them could say at the edges of that
//! decides whether the ensemble's answer could be another one.

use super::answers::{MemberLogits, logits, mean, probabilities};
use needledrop_infer::Parity;
use needledrop_judging::metrics::argmax;

/// How much a classic member's answers may move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack {
    /// Of a logit.
    logit: f64,
    /// Of a probability, beyond that: a vote.
    probability: f64,
}

impl Slack {
    /// Of a member that gave these answers; `votes` says that it counts votes.
    ///
    /// A class without votes has the probability of one, and the least of all is that.
    pub(super) fn of<'a>(answers: impl Iterator<Item = &'a MemberLogits>, votes: bool) -> Self {
        let (mut all, mut least) = (Vec::new(), 1.0_f64);
        for window in answers.flatten() {
            all.extend_from_slice(window);
            least = needledrop_judging::metrics::softmax(window)
                .into_iter()
                .fold(least, f64::min);
        }
        Self {
            logit: Parity::with(&all).tolerance(),
            probability: if votes { least } else { 0.0 },
        }
    }

    /// Least and largest probability of each class.
    fn range(&self, windows: &MemberLogits) -> [Vec<f64>; 2] {
        [-1.0, 1.0].map(|side| {
            mean(windows.iter().map(|window| {
                let of_class = |class: usize| {
                    // The class by itself moves one way, all others the other way.
                    let others = window.iter().enumerate().filter(|(it, _)| *it != class);
                    let apart = others.map(|(_, other)| {
                        (f64::from(other - window[class]) - 2.0 * side * self.logit).exp()
                    });
                    let p = (1.0 + apart.sum::<f64>()).recip();
                    (p + side * self.probability).clamp(0.0, 1.0)
                };
                (0..window.len()).map(of_class).collect()
            }))
        })
    }
}

/// The margin of one window: how far the first logit is ahead of the second, or 0 where a classic member's slack could
/// give another class. `slack` is none for members whose logits are held to the usual tolerance.
pub(super) fn margin(members: &[MemberLogits], slack: &[Option<Slack>]) -> f32 {
    let exact: Vec<Vec<f64>> = members.iter().map(probabilities).collect();
    let logits = logits(&exact);
    let first = argmax(&logits);
    let ranges = members.iter().zip(&exact).zip(slack);
    let ranges: Vec<[Vec<f64>; 2]> = ranges
        .map(|((windows, exact), slack)| match slack {
            Some(slack) => slack.range(windows),
            None => [exact.clone(), exact.clone()],
        })
        .collect();
    let [least, most] = [0, 1].map(|side| mean(ranges.iter().map(|range| range[side].clone())));
    let others = || (0..logits.len()).filter(|class| *class != first);
    if others().any(|class| most[class] >= least[first]) {
        return 0.0;
    }
    let second = others().map(|class| logits[class]).fold(f32::MIN, f32::max);
    logits[first] - second
}

#[cfg(test)]
mod tests {
    use super::{Slack, margin};

    #[test]
    fn a_vote_that_could_decide_leaves_no_margin() {
        // Five neighbours of two classes: (3 + 1) / 7 and (2 + 1) / 7; elsewhere a class had none.
        let knn = |votes: f32| vec![vec![((votes + 1.0) / 7.0).ln(), ((6.0 - votes) / 7.0).ln()]];
        let slack = Slack::of([knn(3.0), knn(5.0)].iter(), true);
        assert!((slack.probability - 1.0 / 7.0).abs() < 1e-6);
        let sure = vec![vec![2.0, 0.0]];
        let close = vec![vec![0.01, 0.0]];
        assert_eq!(
            margin(&[knn(3.0), close.clone()], &[Some(slack), None]),
            0.0
        );
        assert!(margin(&[knn(3.0), sure], &[Some(slack), None]) > 0.5);
        // Without slack, what is ahead is ahead.
        assert!(margin(&[knn(3.0), close], &[None, None]) > 0.1);
    }

    #[test]
    fn large_logits_may_move_far() {
        let gnb = |ahead: f32| vec![vec![-50_000.0 + ahead, -50_000.0]];
        let slack = Slack::of([gnb(0.0)].iter(), false);
        assert!((slack.logit - 5.0).abs() < 1e-9);
        let leaning = vec![vec![0.0, 0.5]];
        assert_eq!(
            margin(&[gnb(8.0), leaning.clone()], &[Some(slack), None]),
            0.0
        );
        assert!(margin(&[gnb(30.0), leaning], &[Some(slack), None]) > 0.0);
    }
}
