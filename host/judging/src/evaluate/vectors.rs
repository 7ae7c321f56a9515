//! Judging a study run by feature vectors of whole clips: one answer a clip.

use super::error::Error;
use super::judged::Judged;
use super::subject::Subject;
use needledrop_data::{Clip, Dataset, Split};
use needledrop_infer::Net;

/// What the network says of every vector of a split.
///
/// # Errors
/// [`Error::Data`], [`Error::Infer`].
pub(super) fn judge(subject: &Subject, data: &Dataset, split: Split) -> Result<Judged, Error> {
    let (clips, losses) = data.read_vectors(split)?;
    let mut judged = Judged {
        losses,
        ..Judged::default()
    };
    let mut net = subject.load()?;
    for clip in clips {
        match subject.label_of(&clip.genre) {
            None => judged.unknown(clip.genre),
            Some(label) => {
                let probabilities = probabilities(subject, &mut net, &clip)?;
                judged.clips.push((clip.id, label, probabilities));
            }
        }
    }
    Ok(judged)
}

fn probabilities(subject: &Subject, net: &mut Net, clip: &Clip<f32>) -> Result<Vec<f64>, Error> {
    let mut logits = vec![0.0; subject.labels.len()];
    net.logits_of_features(&clip.read()?, &mut logits)
        .map_err(|source| subject.failed(source))?;
    let mut probabilities = vec![0.0; logits.len()];
    subject
        .calibration
        .probabilities(&logits, &mut probabilities);
    Ok(probabilities)
}
