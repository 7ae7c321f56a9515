//! Which validation windows are explained: of each genre one that was answered rightly and one that was not.

use super::error::Error;
use crate::places::spread;
use crate::run::ClipRow;
use crate::train::trained::Trained;
use needledrop_bundle::{file, npy};
use needledrop_data::{Clip, Values};
use needledrop_judging::metrics::softmax;
use std::path::Path;

/// A validation window with its answer.
#[derive(Clone, Debug)]
pub(super) struct Explained {
    /// Clip that it is of.
    pub(super) clip: String,
    /// What it is.
    pub(super) genre: String,
    /// The label that the network answers with.
    pub(super) answer: usize,
    /// The probability of that.
    pub(super) probability: f64,
    /// As the network takes it, `[frames, bands]`.
    pub(super) x: Vec<f32>,
}

/// Of each genre the window that is most surely answered rightly and the one that is most surely answered wrongly,
/// among the windows that the run folder keeps for comparing runtimes, which are spread over the whole validation
/// split.
pub(super) fn choose(run: &Path, trained: &Trained) -> Result<Vec<Explained>, Error> {
    let Trained { record, input, .. } = trained;
    let classes = record.labels.len();
    let shape = input.axes(input.window.frames);
    let path = run.join(file::PARITY_X);
    let x: npy::Array<i16> = npy::read(&path, &shape)?;
    let logits: npy::Array<f32> = npy::read(&run.join(file::PARITY_LOGITS), &[classes])?;
    let clips_path = run.join(file::VALID_CLIPS);
    let rows = ClipRow::read(&clips_path).map_err(|reason| Error::damaged(&clips_path, reason))?;
    let windows: Vec<&[i16]> = x.values.chunks_exact(input.window.values()).collect();
    let answers: Vec<&[f32]> = logits.values.chunks_exact(classes).collect();
    if windows.len() != answers.len() || windows.len() > rows.len() {
        let reason = format!(
            "{} windows, {} rows of logits, {} validation windows",
            windows.len(),
            answers.len(),
            rows.len()
        );
        return Err(Error::damaged(&path, reason));
    }
    let rows = spread(&rows.iter().collect::<Vec<_>>(), windows.len());
    let mut all = Vec::with_capacity(windows.len());
    for ((window, logits), row) in windows.iter().zip(answers).zip(rows) {
        let probabilities = softmax(logits);
        let best = probabilities.iter().copied().enumerate();
        let Some((answer, probability)) = best.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            continue;
        };
        all.push((window, row, answer, probability));
    }
    let mut chosen = Vec::new();
    for (label, genre) in record.labels.iter().enumerate() {
        for is_right in [true, false] {
            let of_genre = all.iter().filter(|(_, row, answer, _)| {
                row.genre == *genre && (*answer == label) == is_right
            });
            let Some((window, row, answer, probability)) =
                of_genre.max_by(|a, b| a.3.total_cmp(&b.3))
            else {
                continue;
            };
            let clip = Clip {
                id: row.clip.clone(),
                label,
                genre: genre.clone(),
                rows: input.window.frames,
                bands: input.window.bands,
                values: Values::Memory(window.to_vec()),
            };
            let mut x = vec![0.0; input.window.values()];
            let filled = input.fill(&clip, 0, &mut x);
            filled.map_err(|reason| Error::damaged(&path, reason))?;
            chosen.push(Explained {
                clip: row.clip.clone(),
                genre: genre.clone(),
                answer: *answer,
                probability: *probability,
                x,
            });
        }
    }
    Ok(chosen)
}
