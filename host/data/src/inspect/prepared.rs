//! A prepared data set: `dataset.json`, `clips.csv`, `problems.csv`, and every record of every shard; or shards of
//! others.

use super::clips;
use super::report::Report;
use crate::prepare::{Problem, SurveyedClip, count_problems};
use crate::{Budget, Dataset, Kind, Losses, Split, csv_file};
use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// A line of `clips.csv`, as far as it matters here.
#[derive(Deserialize)]
struct ClipLine {
    clip: String,
    genre: String,
    split: String,
    group: String,
    duplicate_of: String,
    /// Imported features have no audio.
    #[serde(default)]
    sample_rate_hz: Option<u32>,
    #[serde(default)]
    samples: Option<u64>,
}

pub(super) fn inspect(dir: &Path) -> anyhow::Result<Report> {
    let set = Dataset::open(dir)?;
    if set.is_foreign() {
        return foreign(&set);
    }
    let clips: Vec<ClipLine> = lines(&dir.join(csv_file::CLIPS))?;
    let facts: Vec<SurveyedClip> = clips
        .into_iter()
        .map(|line| {
            Ok(SurveyedClip {
                split: Some(line.split.parse::<Split>()?),
                duplicate_of: (!line.duplicate_of.is_empty()).then_some(line.duplicate_of),
                sample_rate_hz: line.sample_rate_hz,
                seconds: line
                    .samples
                    .zip(line.sample_rate_hz.filter(|&rate_hz| rate_hz > 0))
                    .map(|(samples, rate_hz)| samples as f64 / f64::from(rate_hz)),
                id: line.clip,
                genre: line.genre,
                group: line.group,
            })
        })
        .collect::<anyhow::Result<_>>()
        .with_context(|| format!("{}: cannot read {}", dir.display(), csv_file::CLIPS))?;
    let problems: Vec<Problem> = lines(&dir.join(csv_file::PROBLEMS))?;
    Ok(Report {
        problem_counts: count_problems(&problems),
        problems,
        losses: Some(losses(&set)?),
        ..clips::report(dir.to_owned(), "prepared".to_owned(), &facts)
    })
}

fn lines<T: DeserializeOwned>(file: &Path) -> anyhow::Result<Vec<T>> {
    let failed = || format!("{}: cannot read", file.display());
    csv::Reader::from_path(file)
        .with_context(failed)?
        .deserialize()
        .collect::<Result<_, _>>()
        .with_context(failed)
}

/// Reads every record of every kind.
fn losses(set: &Dataset) -> anyhow::Result<Losses> {
    let mut losses = Losses::default();
    for &kind in &set.record.kinds {
        for split in Split::ALL {
            losses.add(match kind {
                Kind::Fma518 => set.read_vectors(split)?.1,
                kind => set.read_split_within(kind, split, &Budget::new(0))?.1,
            });
        }
    }
    Ok(losses)
}

/// Shards of others say of a clip no more than its name, genre and split; what was lost is the same whichever split is
/// read.
fn foreign(set: &Dataset) -> anyhow::Result<Report> {
    let mut facts = Vec::new();
    let mut losses = Losses::default();
    for &kind in set.record.kinds.iter().take(1) {
        for split in Split::ALL {
            let (clips, lost) = set.read_split_within(kind, split, &Budget::new(0))?;
            losses = lost;
            facts.extend(clips.into_iter().map(|clip| SurveyedClip {
                group: clip.id.clone(),
                id: clip.id,
                genre: clip.genre,
                split: Some(split),
                duplicate_of: None,
                sample_rate_hz: None,
                seconds: None,
            }));
        }
    }
    Ok(Report {
        remarks: vec![format!(
            "shards of others, split: {}",
            set.record.split_rule
        )],
        duplicates: None,
        losses: Some(losses),
        ..clips::report(set.dir.clone(), "shards".to_owned(), &facts)
    })
}
