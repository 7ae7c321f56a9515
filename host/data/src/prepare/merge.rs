//! `needledrop data merge`: the parts of a data set to the whole.

use super::finish::{self, Heard};
use super::plan::Plan;
use super::spool::Spool;
use super::staging::{self, Output, Staging};
use super::summary::Summary;
use super::threads;
use crate::part::PartRecord;
use crate::progress::say;
use anyhow::{Context, bail, ensure};
use std::path::PathBuf;
use std::time::Instant;

/// What to join, and where.
#[derive(Clone, Debug)]
pub struct MergeOptions {
    /// Folders of parts, in any order.
    pub parts: Vec<PathBuf>,
    /// Folder to make.
    pub out: PathBuf,
    /// Threads; 0 is one a core.
    pub jobs: usize,
    /// Continue a killed run.
    pub resume: bool,
}

/// Joins parts to the data set that one run would have made, byte by byte; the parts stay as they are.
///
/// # Errors
/// Parts that do not belong together, are missing or given twice, by name; the disk's. The output folder is then as it
/// was before.
pub fn merge(options: &MergeOptions) -> anyhow::Result<Summary> {
    let started = Instant::now();
    match staging::look(&options.out)? {
        Output::Free => {}
        Output::Finished(record) if options.resume => {
            return finish::complete(&options.out, *record);
        }
        there => bail!(
            "{}: already holds {}; delete it or choose another --out",
            options.out.display(),
            there.name()
        ),
    }
    let (folders, plan) = in_order(&options.parts)?;
    say(format_args!(
        "{} parts, {} clips ({} layout)",
        folders.len(),
        plan.clips.len(),
        plan.layout.name()
    ));
    let spool = Spool::of_parts(folders, plan.clips.len(), plan.kinds.len());
    let spooled = spool.load()?;
    let staging = Staging::begin(&options.out, &plan.digest()?, options.resume)?;
    let pool = threads::pool(options.jobs)?;
    let sources = plan.sources();
    let heard = Heard {
        from: &options.out,
        plan,
        sources: &sources,
        spool: &spool,
        spooled,
    };
    pool.install(|| finish::finish(staging, heard, started))
}

/// The folders by part, each there once, and the plan that they share.
fn in_order(folders: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Plan)> {
    let first = folders.first().context("no parts given")?;
    let first_record = PartRecord::read(first)?;
    let plan = Plan::read(first, &first_record)?;
    let parts = first_record.share.parts;
    let mut by_part: Vec<Option<&PathBuf>> = vec![None; parts as usize];
    for folder in folders {
        let record = PartRecord::read(folder)?;
        let share = record.share;
        ensure!(
            share.parts == parts,
            "{}: is part {share}, but {} is one of {parts}; prepare all parts with the same N",
            folder.display(),
            first.display()
        );
        if record.plan_sha256 != first_record.plan_sha256 {
            let difference = plan.difference(&Plan::read(folder, &record)?);
            bail!(
                "{}: does not belong to {}: {}; prepare all parts from the same data with the same options",
                folder.display(),
                first.display(),
                difference.as_deref().unwrap_or("another plan")
            );
        }
        let place = &mut by_part[(share.part - 1) as usize];
        if let Some(other) = place.replace(folder) {
            bail!(
                "{} and {}: are both part {share}; give each once",
                other.display(),
                folder.display()
            );
        }
    }
    let missing: Vec<String> = (1..=parts)
        .zip(&by_part)
        .filter(|(_, folder)| folder.is_none())
        .map(|(part, _)| part.to_string())
        .collect();
    ensure!(
        missing.is_empty(),
        "{} of {parts} parts are missing: {}; prepare them with --part I/{parts}",
        missing.len(),
        missing.join(", ")
    );
    let folders = by_part.into_iter().flatten().cloned().collect();
    Ok((folders, plan))
}
