//! The steps in order.

use super::catalogue::{Catalogue, check_labels, labels_of};
use super::layout::{self, Found, Source};
use super::split::{self, SplitRule};
use super::spool::Spool;
use super::staging::{self, Output, Staging};
use super::write::{self, ShardPlan};
use super::{Input, Problem, Summary, problem};
use crate::data::{DatasetRecord, Kind};
use crate::digest;
use crate::progress::{Progress, say};
use anyhow::{Context, bail, ensure};
use needledrop_bundle::Origin;
use needledrop_frontend::FrontendConfig;
use std::path::PathBuf;
use std::time::{Instant, UNIX_EPOCH};

/// What to prepare, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data and how to read it.
    pub input: Input,
    /// Folder to make.
    pub out: PathBuf,
    /// Frontend.
    pub frontend: FrontendConfig,
    /// What to store.
    pub kinds: Vec<Kind>,
    /// How to split; `None` takes official splits where every clip has one.
    pub split: Option<SplitRule>,
    /// Shards a kind and split.
    pub shards: usize,
    /// Threads; 0 is one a core.
    pub jobs: usize,
    /// Continue a killed run.
    pub resume: bool,
}

/// Prepares a data set.
///
/// # Errors
/// One sentence on what is wrong with the input as a whole, the options, or the disk; the output folder is then as it
/// was before. Single bad files are no errors: they are in the summary.
pub fn prepare(options: &Options) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let frontend_id = options
        .frontend
        .id()
        .context("the frontend cannot be built")?
        .to_string();
    if let Output::Finished(record) = staging::look(&options.out)? {
        return finished(options, *record, &frontend_id);
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

    let staging = Staging::begin(
        &options.out,
        &plan_digest(&found.sources, options, &frontend_id),
        options.resume,
    )?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs)
        .build()
        .context("cannot start threads")?;
    let record = pool.install(|| fill(&staging, &found, options, rule, frontend_id))?;
    staging.commit()?;
    let Filled {
        record,
        problems,
        duplicates,
        reused_chunks,
    } = record;
    Ok(Summary {
        out: options.out.clone(),
        layout: Some(found.layout),
        clips: record.counts.values().map(|counts| counts.clips).sum(),
        duplicates,
        problem_counts: Summary::count(&problems),
        problems,
        reused_chunks,
        audio_seconds: record.counts.values().map(|counts| counts.seconds).sum(),
        wall_seconds: started.elapsed().as_secs_f64(),
        dataset: DatasetRecord {
            shards: Vec::new(),
            ..record
        },
    })
}

struct Filled {
    record: DatasetRecord,
    problems: Vec<Problem>,
    duplicates: u64,
    reused_chunks: u64,
}

fn fill(
    staging: &Staging,
    found: &Found,
    options: &Options,
    rule: SplitRule,
    frontend_id: String,
) -> anyhow::Result<Filled> {
    let sources = &found.sources;
    let spool = Spool::new(staging.spool(), sources.len());
    let progress = Progress::new("decode", "clips", sources.len() as u64);
    let spooled = spool.fill(sources, &options.frontend, &options.kinds, &progress)?;
    progress.finish();

    let catalogue = Catalogue::new(sources, spooled.clips, rule)
        .with_context(|| options.input.data.display().to_string())?;
    for problem in &catalogue.problems {
        say(problem);
    }
    let mut problems = found.problems.clone();
    problems.extend(spooled.problems);
    problems.extend(catalogue.problems.iter().cloned());
    problems.sort();

    let set = staging.set();
    let progress = Progress::new(
        "write",
        "records",
        (catalogue.entries.len() * options.kinds.len()) as u64,
    );
    let plan = ShardPlan {
        kinds: &options.kinds,
        shards: options.shards,
        frontend_id: &frontend_id,
        mel_bands: options.frontend.mel_bands,
    };
    let shards = write::shards(&set, &catalogue, &spool, &plan, &progress)?;
    progress.finish();
    write::clips_csv(&set, &catalogue)?;
    write::problems_csv(&set, &problems)?;
    let record = DatasetRecord {
        format: DatasetRecord::FORMAT,
        labels: catalogue.labels.clone(),
        preset: options.frontend.preset_name().map(str::to_owned),
        origin: Origin::of(options.frontend).context("the frontend cannot be built")?,
        kinds: options.kinds.clone(),
        split_rule: rule.to_string(),
        data_sha256: catalogue.data_sha256(),
        split_sha256: catalogue.split_sha256(),
        counts: catalogue.counts(),
        leaking_groups: catalogue.leaking_groups,
        problems: problems.len() as u64,
        shards,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let path = set.join(DatasetRecord::FILE);
    needledrop_bundle::write_atomic(&path, &serde_json::to_vec_pretty(&record)?)
        .with_context(|| format!("{}: cannot write", path.display()))?;
    Ok(Filled {
        record,
        problems,
        duplicates: catalogue.duplicates,
        reused_chunks: spooled.reused_chunks,
    })
}

/// `--resume` on a finished data set has nothing to do, if it is the one that would be made.
fn finished(
    options: &Options,
    record: DatasetRecord,
    frontend_id: &str,
) -> anyhow::Result<Summary> {
    let out = options.out.display();
    if !options.resume {
        bail!("{out}: already holds a data set; delete it or choose another --out");
    }
    ensure!(
        record.origin.to_string() == frontend_id && record.kinds == options.kinds,
        "{out}: holds a data set with another frontend or other kinds; delete it or choose another --out"
    );
    if let Some(rule) = options.split.map(|rule| rule.to_string()) {
        ensure!(
            record.split_rule == rule,
            "{out}: holds a data set split {}, not {rule}; delete it or choose another --out",
            record.split_rule
        );
    }
    say(format_args!("{out}: is complete"));
    Ok(Summary {
        out: options.out.clone(),
        layout: None,
        clips: record.counts.values().map(|counts| counts.clips).sum(),
        duplicates: 0,
        problem_counts: Default::default(),
        problems: Vec::new(),
        reused_chunks: 0,
        audio_seconds: record.counts.values().map(|counts| counts.seconds).sum(),
        wall_seconds: 0.0,
        dataset: DatasetRecord {
            shards: Vec::new(),
            ..record
        },
    })
}

/// What the spool of a run depends on: files with size and time, frontend, kinds.
fn plan_digest(sources: &[Source], options: &Options, frontend_id: &str) -> String {
    let settings = format!(
        "{} {frontend_id} {:?}",
        env!("CARGO_PKG_VERSION"),
        options.kinds
    );
    let files = sources.iter().map(|source| {
        let metadata = std::fs::metadata(&source.path).ok();
        let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        let modified =
            metadata.and_then(|metadata| metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        format!("{}\t{bytes}\t{modified:?}", source.id)
    });
    digest::of_lines(std::iter::once(settings).chain(files))
}
