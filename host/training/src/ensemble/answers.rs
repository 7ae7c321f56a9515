//! What members answer, and their mean: the reference that the merged graph is held against.

use super::error::Error;
use super::member::Member;
use needledrop_infer::Net;
use needledrop_judging::metrics::softmax;
use needledrop_networks::onnx::ensemble::LEAST_PROBABILITY;

/// The members' networks, each by itself in tract.
#[derive(Debug)]
pub(super) struct Nets<'a> {
    members: &'a [Member],
    nets: Vec<Net>,
}

/// Logits of one member on each of its windows within one of the ensemble's, in the ensemble's order of classes.
pub(super) type MemberLogits = Vec<Vec<f32>>;

impl<'a> Nets<'a> {
    /// Loads every member.
    ///
    /// # Errors
    /// [`Error::Infer`].
    pub(super) fn load(members: &'a [Member]) -> Result<Self, Error> {
        let load = |member: &Member| {
            let record = &member.record;
            Net::load(&member.onnx, &record.window, record.labels.len()).map_err(|source| {
                Error::Infer {
                    run: member.run.clone(),
                    source,
                }
            })
        };
        Ok(Self {
            members,
            nets: members.iter().map(load).collect::<Result<_, _>>()?,
        })
    }

    /// What each member says of one of the ensemble's windows.
    ///
    /// # Errors
    /// [`Error::Infer`].
    pub(super) fn logits(&mut self, x: &[i16]) -> Result<Vec<MemberLogits>, Error> {
        let judged = self.members.iter().zip(&mut self.nets);
        judged
            .map(|(member, net)| {
                let window = member.record.window;
                let windows = member.starts.iter().map(|start| {
                    let values = &x[start * window.bands..][..window.values()];
                    let mut logits = vec![0.0; member.order.len()];
                    net.logits(values, &mut logits)
                        .map_err(|source| Error::Infer {
                            run: member.run.clone(),
                            source,
                        })?;
                    Ok(member.order.iter().map(|&class| logits[class]).collect())
                });
                windows.collect()
            })
            .collect()
    }
}

/// Mean of rows, element by element.
pub(super) fn mean(rows: impl ExactSizeIterator<Item = Vec<f64>>) -> Vec<f64> {
    let n = rows.len() as f64;
    let mut mean = Vec::new();
    for row in rows {
        mean.resize(row.len(), 0.0);
        for (mean, value) in mean.iter_mut().zip(row) {
            *mean += value / n;
        }
    }
    mean
}

/// A member's probabilities for one of the ensemble's windows: the mean over its own.
pub(super) fn probabilities(logits: &MemberLogits) -> Vec<f64> {
    mean(logits.iter().map(|row| softmax(row)))
}

/// The ensemble's logits, ln(mean probability), from its members' probabilities.
pub(super) fn logits(members: &[Vec<f64>]) -> Vec<f32> {
    let mean = mean(members.iter().cloned());
    mean.iter()
        .map(|p| p.max(LEAST_PROBABILITY).ln() as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{logits, mean, probabilities};

    #[test]
    fn windows_are_averaged_before_members() {
        let third = (1.0_f32 / 3.0).ln();
        let one = probabilities(&vec![vec![0.0, 0.0], vec![third, 0.0]]);
        assert!((one[0] - 0.375).abs() < 1e-7, "{one:?}");
        let both = logits(&[one, vec![0.125, 0.875]]);
        assert!((both[0] - 0.25_f32.ln()).abs() < 1e-6, "{both:?}");
        assert!((both[1] - 0.75_f32.ln()).abs() < 1e-6);
        assert!(mean(std::iter::empty()).is_empty());
        let none = logits(&[vec![0.0, 1.0], vec![0.0, 1.0]]);
        assert!(none[0].is_finite() && none[0] < -27.0);
    }
}
