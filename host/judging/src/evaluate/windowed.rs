//! Judging a network by the windows of clips, clips spread over all cores.

use super::error::Error;
use super::judged::Judged;
use super::subject::Subject;
use crate::hearing::Hearing;
use crate::windows::for_each_window;
use needledrop_data::{Clip, Dataset, Split, StreamOptions};
use needledrop_infer::Net;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Bytes of clips that are judged at a time, on all cores.
const BATCH_BYTES: usize = 64 << 20;

/// What the network says of every window of a split.
///
/// # Errors
/// [`Error::Data`], [`Error::Infer`].
pub(super) fn judge(subject: &Subject, data: &Dataset, split: Split) -> Result<Judged, Error> {
    let mut judged = Judged::default();
    let mut stream = data.stream(subject.kind, split, &StreamOptions::default())?;
    loop {
        let clips = stream.next_batch(BATCH_BYTES)?;
        if clips.is_empty() {
            break;
        }
        let mut known = Vec::new();
        for clip in clips {
            match subject.label_of(&clip.genre) {
                None => judged.unknown(clip.genre),
                Some(_) if clip.rows == 0 => judged.empty_clips += 1,
                Some(label) => known.push((clip, label)),
            }
        }
        let answers: Vec<(String, usize, Vec<f64>)> = known
            .into_par_iter()
            .map_init(
                || subject.load(),
                |net, (clip, label)| {
                    let probabilities = match net {
                        Ok(net) => probabilities(subject, net, &clip)?,
                        Err(_) => probabilities(subject, &mut subject.load()?, &clip)?,
                    };
                    Ok((clip.id, label, probabilities))
                },
            )
            .collect::<Result<_, Error>>()?;
        judged.clips.extend(answers);
    }
    judged.losses = stream.losses();
    Ok(judged)
}

/// Of every window of a clip, `[windows, classes]`.
fn probabilities(subject: &Subject, net: &mut Net, clip: &Clip) -> Result<Vec<f64>, Error> {
    let mut hearing = Hearing::new(net, &subject.calibration, subject.labels.len());
    for_each_window(&clip.read()?, subject.window, |_, values| {
        hearing.hear(values);
    });
    hearing
        .probabilities()
        .map_err(|source| subject.failed(source))
}
