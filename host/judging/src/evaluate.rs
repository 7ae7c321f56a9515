//! How good a model is on a prepared data set: a subject, a folder and a split go in, a report comes out.
//!
//! One inference path for runs and packed models: the ONNX graph in tract, as on the board, on the very windows that
//! the board would cut, clips spread over all cores. A packed model is judged with its calibration, a run without.

mod error;
mod judged;
mod report;
mod subject;
mod table;
mod vectors;
mod windowed;

pub use error::Error;
pub use report::Report;
pub use subject::{Subject, check_finished};

use crate::metrics::{Figures, Levels, Segments};
use judged::Judged;
use needledrop_data::{Dataset, Kind, Losses, Split};
use std::path::Path;

/// Judges a network by one split of a data set; also gives what reading had to leave out.
///
/// # Errors
/// Every [`Error`].
pub fn evaluate(
    subject: &Subject,
    set: &Path,
    split: Split,
    segment_rule: Segments,
) -> Result<(Report, Losses), Error> {
    let data = Dataset::open(set)?;
    if !subject.origin.is_same(&data.record.origin) {
        return Err(Error::Origin {
            set: set.to_owned(),
            path: subject.path.clone(),
            data: data.record.origin.to_string(),
            model: subject.origin.to_string(),
        });
    }
    let counts = &data.record.counts;
    if counts.get(&split).is_none_or(|counts| counts.clips == 0) {
        let there: Vec<String> = counts
            .iter()
            .map(|(split, counts)| format!("{} {split}", counts.clips))
            .collect();
        return Err(Error::EmptySplit {
            set: set.to_owned(),
            split,
            there: there.join(" and "),
        });
    }
    // A network for each thread; the first one also says early that it can't be loaded.
    subject.load()?;
    let Judged {
        clips: mut judged,
        unknown_genres,
        empty_clips,
        losses,
    } = match subject.kind {
        Kind::Fma518 => vectors::judge(subject, &data, split)?,
        _ => windowed::judge(subject, &data, split)?,
    };
    if judged.is_empty() {
        let labels = subject.labels.join(", ");
        return Err(Error::Nothing {
            set: set.to_owned(),
            split,
            labels,
            losses,
        });
    }
    // Sums depend on the order of their terms: by id it is the same however the clips lie in shards.
    judged.sort_by(|a, b| a.0.cmp(&b.0));
    let classes = subject.labels.len();
    let mut levels = Levels::new(classes, segment_rule, subject.hop_seconds());
    for (_, label, windows) in &judged {
        levels.push(*label, windows);
    }
    let Figures {
        clips,
        majority,
        segments,
        windows,
    } = levels.figures(&subject.labels);
    let report = Report {
        labels: subject.labels.clone(),
        confusion: levels.clips.confusion(),
        clips,
        majority,
        segments,
        windows,
        majority_confusion: levels.majority,
        segment_confusion: levels.segments.confusion(),
        window_confusion: levels.windows.confusion(),
        segment_rule,
        split,
        temperature: subject.calibration.temperature,
        unknown_genres,
        empty_clips,
    };
    Ok((report, losses))
}
