//! Raw data: what preparing it would find.

use super::clips::{self, ClipFacts};
use super::report::Report;
use crate::prepare::{Input, Summary, SurveyedClip, survey};
use needledrop_frontend::FrontendConfig;

pub(super) fn inspect(input: &Input, jobs: usize, quick: bool) -> anyhow::Result<Report> {
    let survey = survey(input, &FrontendConfig::SEED, jobs, quick)?;
    let facts: Vec<ClipFacts> = survey.clips.into_iter().map(facts).collect();
    let layout = survey.layout.name().to_owned();
    let mut report = clips::report(input.data.clone(), layout, &facts);
    if quick {
        report.duplicates = None;
    }
    Ok(Report {
        remarks: survey.remarks,
        problem_counts: Summary::count(&survey.problems),
        problems: survey.problems,
        tables: survey.tables,
        ..report
    })
}

fn facts(clip: SurveyedClip) -> ClipFacts {
    ClipFacts {
        id: clip.id,
        genre: clip.genre,
        split: clip.split,
        group: clip.group,
        duplicate_of: clip.duplicate_of,
        sample_rate_hz: clip.sample_rate_hz,
        seconds: clip.seconds,
    }
}
