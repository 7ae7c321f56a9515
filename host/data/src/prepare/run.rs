//! The steps of preparing a data set, or a part of one, in order: options go in, a folder and its summary come out.

use super::finish::{self, Heard};
use super::labels::{check_labels, labels_of};
use super::layout;
use super::options::Options;
use super::part_summary::PartSummary;
use super::plan::Plan;
use super::problem;
use super::split;
use super::spool::{Spool, Spooled, SpooledClip};
use super::staging::{self, Output, Staging};
use super::summary::Summary;
use super::threads;
use crate::part::PartRecord;
use crate::progress::{Progress, say};
use crate::share::Share;
use crate::{DatasetRecord, memory};
use anyhow::{Context, ensure};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// What [`prepare`] made.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Prepared {
    /// A data set.
    Set(Box<Summary>),
    /// A part of one.
    Part(PartSummary),
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(summary) => summary.fmt(f),
            Self::Part(summary) => summary.fmt(f),
        }
    }
}

/// Prepares a data set, or a part of one.
///
/// # Errors
/// One sentence on what is wrong with the input as a whole, the options, or the disk; the output folder is then as it
/// was before. Single bad files are no errors: they are in the summary.
pub fn prepare(options: &Options) -> anyhow::Result<Prepared> {
    let started = Instant::now();
    let there = match staging::look(&options.out)? {
        Output::Free => None,
        there => {
            ensure!(
                options.resume,
                "{}: already holds {}; delete it or choose another --out",
                options.out.display(),
                there.name()
            );
            Some(there)
        }
    };
    if let Some(Output::Finished(record)) = there {
        check_finished(options, &record)?;
        let summary = finish::complete(&options.out, *record)?;
        return Ok(Prepared::Set(Box::new(summary)));
    }
    let mut found = layout::find(&options.input)?;
    let rule = split::resolve(options.split, &mut found.sources, &mut found.problems)?;
    found.problems.sort();
    problem::say_some(&found.problems);
    found.remarks.iter().for_each(say);
    // Known before the long part: no need to decode a data set that can't be used.
    check_labels(&labels_of(
        found.sources.iter().map(|source| source.genre.as_str()),
    ))
    .with_context(|| options.input.data.display().to_string())?;
    say(format_args!(
        "{}: {} clips ({} layout)",
        options.input.data.display(),
        found.sources.len(),
        found.layout.name()
    ));
    let plan = Plan::new(options, &found, rule)?;
    let sources = found.sources;
    let spool_of = |folder| Spool::new(folder, sources.len(), plan.kinds.len(), options.share);
    let part = options
        .share
        .map(|share| anyhow::Ok(PartRecord::new(share, plan.digest()?)))
        .transpose()?;
    if let Some(Output::FinishedPart(there)) = there {
        ensure!(
            part.as_ref() == Some(&there),
            "{}: holds part {} of other data or options; delete it or choose another --out",
            options.out.display(),
            there.share
        );
        staging::remove_left(&options.out)?;
        say(format_args!("{}: is complete", options.out.display()));
        let spooled = spool_of(options.out.clone()).load()?;
        return Ok(Prepared::Part(part_summary(
            options,
            there.share,
            spooled,
            started,
        )));
    }

    let staging = Staging::begin(
        &options.out,
        &plan.decoding_digest(&sources),
        options.resume,
    )?;
    let pool = threads::pool(options.jobs)?;
    let spool = spool_of(staging.spool());
    let progress = Progress::new("decode", "clips", spool.len() as u64);
    let spooled = pool.install(|| spool.fill(&sources, &plan.frontend, &plan.kinds, &progress))?;
    progress.finish();
    if let Some(part) = part {
        let folder = staging.spool();
        plan.write(&folder)?;
        // Last: it makes the folder a part.
        part.write(&folder)?;
        staging.commit(&folder)?;
        return Ok(Prepared::Part(part_summary(
            options, part.share, spooled, started,
        )));
    }
    let heard = Heard {
        from: &options.input.data,
        plan,
        sources: &sources,
        spool: &spool,
        spooled,
    };
    let summary = pool.install(|| finish::finish(staging, heard, started))?;
    Ok(Prepared::Set(Box::new(summary)))
}

fn part_summary(
    options: &Options,
    share: Share,
    spooled: Spooled,
    started: Instant,
) -> PartSummary {
    PartSummary {
        out: options.out.clone(),
        share,
        clips: spooled.clips.len() as u64,
        problem_counts: problem::count(&spooled.problems),
        problems: spooled.problems,
        reused_chunks: spooled.reused_chunks,
        audio_seconds: spooled.clips.iter().map(SpooledClip::seconds).sum(),
        wall_seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: memory::peak_bytes(),
    }
}

/// `--resume` on a finished data set has nothing to do, if it is the one that would be made.
fn check_finished(options: &Options, record: &DatasetRecord) -> anyhow::Result<()> {
    let out = options.out.display();
    ensure!(
        options.share.is_none(),
        "{out}: holds a whole data set, not a part; choose another --out"
    );
    let frontend_id = options
        .frontend
        .id()
        .context("the frontend cannot be built")?;
    ensure!(
        record.origin.to_string() == frontend_id.to_string() && record.kinds == options.kinds,
        "{out}: holds a data set with another frontend or other kinds; delete it or choose another --out"
    );
    if let Some(rule) = options.split.map(|rule| rule.to_string()) {
        ensure!(
            record.split_rule == rule,
            "{out}: holds a data set split {}, not {rule}; delete it or choose another --out",
            record.split_rule
        );
    }
    Ok(())
}
