//! From decoded clips to the data set: catalogue, shards, lists, `dataset.json`. The same for a single run and for
//! parts.

use super::catalogue::Catalogue;
use super::layout::Source;
use super::plan::Plan;
use super::problem;
use super::spool::{Spool, Spooled};
use super::staging::{self, Staging};
use super::summary::Summary;
use super::write::{self, ShardPlan};
use crate::DatasetRecord;
use crate::digest;
use crate::progress::{Progress, say};
use anyhow::Context;
use needledrop_bundle::Origin;
use std::path::Path;
use std::time::Instant;

/// All clips decoded.
pub(super) struct Heard<'a> {
    /// What it was heard from, for errors.
    pub(super) from: &'a Path,
    pub(super) plan: Plan,
    pub(super) sources: &'a [Source],
    pub(super) spool: &'a Spool,
    pub(super) spooled: Spooled,
}

/// Writes everything into `staging` and puts it in place.
pub(super) fn finish(
    staging: Staging,
    heard: Heard<'_>,
    started: Instant,
) -> anyhow::Result<Summary> {
    let Heard {
        from,
        plan,
        sources,
        spool,
        spooled,
    } = heard;
    let alike = spool.fingerprints(&spooled.clips)?.first_alike();
    let mut catalogue = Catalogue::new(sources, spooled.clips, &alike, plan.split_rule)
        .with_context(|| from.display().to_string())?;
    catalogue.problems.sort();
    problem::say_some(&catalogue.problems);

    let data_sha256 = catalogue.data_sha256();
    let set = staging.set(&digest::of_lines([plan.digest()?, data_sha256.clone()]))?;
    let progress = Progress::new(
        "write",
        "records",
        (catalogue.entries.len() * plan.kinds.len()) as u64,
    );
    let shard_plan = ShardPlan {
        kinds: &plan.kinds,
        shards: plan.shards,
        frontend_id: &plan.frontend_id,
        mel_bands: plan.frontend.mel_bands,
    };
    let written = write::shards(&set, &catalogue, spool, &shard_plan, &progress)?;
    progress.finish();

    let mut problems = plan.problems;
    problems.extend(spooled.problems);
    problems.append(&mut catalogue.problems);
    problems.sort();
    write::clips_csv(&set, &catalogue)?;
    problem::write_csv(&set, &problems)?;
    let record = DatasetRecord {
        format: DatasetRecord::FORMAT,
        labels: catalogue.labels.clone(),
        preset: plan.frontend.preset_name().map(str::to_owned),
        origin: Origin::of(plan.frontend).context("the frontend cannot be built")?,
        kinds: plan.kinds,
        split_rule: plan.split_rule.to_string(),
        data_sha256,
        split_sha256: catalogue.split_sha256(),
        counts: catalogue.counts(),
        leaking_groups: catalogue.leaking_groups,
        problems: problems.len() as u64,
        shards: written.shards,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    record.write(&set)?;
    let out = staging.commit(&set)?;
    Ok(Summary {
        layout: Some(plan.layout),
        duplicates: catalogue.duplicates,
        near_duplicates: catalogue.near_duplicates,
        problem_counts: problem::count(&problems),
        problems,
        reused_chunks: spooled.reused_chunks,
        reused_shards: written.reused,
        wall_seconds: started.elapsed().as_secs_f64(),
        ..Summary::of_record(out, record)
    })
}

/// The summary of a data set that was there already.
pub(super) fn complete(out: &Path, record: DatasetRecord) -> anyhow::Result<Summary> {
    staging::remove_left(out)?;
    say(format_args!("{}: is complete", out.display()));
    Ok(Summary::of_record(out.to_owned(), record))
}
