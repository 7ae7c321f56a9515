//! From raw data to a report: what preparing it would find.

use super::clips;
use super::report::Report;
use crate::prepare::{Input, count_problems, survey};
use needledrop_frontend::FrontendConfig;

pub(super) fn inspect(input: &Input, jobs: usize, quick: bool) -> anyhow::Result<Report> {
    let survey = survey(input, &FrontendConfig::SEED, jobs, quick)?;
    let layout = survey.layout.name().to_owned();
    let report = clips::report(input.data.clone(), layout, &survey.clips);
    Ok(Report {
        remarks: survey.remarks,
        duplicates: report.duplicates.filter(|_| !quick),
        problem_counts: count_problems(&survey.problems),
        problems: survey.problems,
        tables: survey.tables,
        ..report
    })
}
