//! `needledrop data import-npy`: from somebody else's feature matrices to a data set.
//!
//! ```text
//! clips.csv -> label.npy against it -> x.npy, one clip at a time (scale, flip, transpose) -> shards -> rename
//! ```
//!
//! Splits are kept as they are given. Memory holds `clips.csv` and one clip; the matrices are read once, in the order
//! of the file. The result depends on the input files and the options alone, and is there whole or not at all.

mod catalogue;
mod clips;
mod labels;
mod matrices;
mod scaling;
mod summary;
mod write;

pub use scaling::Scaling;
pub use summary::Summary;

use crate::prepare::{Problem, ProblemKind, problems_csv};
use crate::progress::say;
use crate::staged_dir::StagedDir;
use crate::{DatasetRecord, Kind};
use anyhow::{Context, ensure};
use catalogue::Catalogue;
use matrices::Matrices;
use needledrop_bundle::{Frontend, Origin};
use needledrop_frontend::FrontendConfig;
use std::path::PathBuf;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// `[clips, bands, frames]`.
    pub x: PathBuf,
    /// `[clips]`, integers.
    pub y: PathBuf,
    /// Columns row, clip, genre, label, split.
    pub clips: PathBuf,
    /// Folder to make.
    pub out: PathBuf,
    /// Rows are those of a picture: the first is the highest band.
    pub picture: bool,
    /// Factor that makes dB of a value; `None` is that of the file's type.
    pub scale: Option<f64>,
    /// What is added then.
    pub offset: Option<f64>,
    /// The matrices are said to be what this frontend computes.
    pub assume_frontend: Option<FrontendConfig>,
}

/// Imports a data set.
///
/// # Errors
/// One sentence on what is wrong with a file, a clip, the options or the disk; the output folder is then as it was
/// before.
pub fn import(options: &Options) -> anyhow::Result<Summary> {
    let mut matrices = Matrices::open(&options.x)?;
    let clips = clips::read(&options.clips, matrices.clips)?;
    labels::check(&options.y, matrices.clips, &options.clips, &clips)?;
    let origin = origin(options, &matrices)?;
    let scaling = Scaling::new(matrices.dtype(), options.scale, options.offset)?;
    let mut catalogue =
        Catalogue::new(clips).with_context(|| options.clips.display().to_string())?;
    let mut problems = Vec::new();
    let unlisted = matrices.clips - catalogue.entries.len() as u64;
    if unlisted > 0 {
        problems.push(Problem::new(
            ProblemKind::NotListed,
            options.x.display().to_string(),
            format!(
                "{unlisted} of its rows are in no line of {}",
                options.clips.display()
            ),
        ));
    }

    let staged = StagedDir::begin(&options.out)?;
    let shards = write::shards(
        staged.path(),
        &mut catalogue,
        &mut matrices,
        &write::Conversion {
            scaling,
            picture: options.picture,
            id: origin.to_string(),
        },
    )?;
    let saturated: u64 = catalogue.entries.iter().map(|entry| entry.saturated).sum();
    problems.extend(catalogue.problems(matrices.size.bands * matrices.size.frames));
    problems.sort();
    for problem in &problems {
        say(problem);
    }
    write::clips_csv(staged.path(), &catalogue, matrices.size.frames)?;
    problems_csv(staged.path(), &problems)?;
    let record = DatasetRecord {
        format: DatasetRecord::FORMAT,
        labels: catalogue.labels.clone(),
        preset: origin
            .frontend()
            .and_then(|frontend| frontend.config.preset_name())
            .map(str::to_owned),
        origin,
        kinds: vec![Kind::LogMel],
        split_rule: "given".to_owned(),
        data_sha256: catalogue.data_sha256(),
        split_sha256: catalogue.split_sha256(),
        counts: catalogue.counts(&origin, matrices.size.frames),
        leaking_groups: catalogue.leaking_groups(),
        problems: problems.len() as u64,
        shards,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    record.write(staged.path())?;
    staged.commit()?;
    Ok(Summary {
        out: options.out.clone(),
        clips: catalogue.entries.len() as u64,
        features: origin.to_string(),
        scaling,
        saturated_values: saturated,
        problems,
        dataset: DatasetRecord {
            shards: Vec::new(),
            ..record
        },
    })
}

/// External, or the assumed frontend when it makes as many bands.
fn origin(options: &Options, matrices: &Matrices) -> anyhow::Result<Origin> {
    let Some(config) = options.assume_frontend else {
        return Ok(Origin::External(matrices.size));
    };
    let bands = matrices.size.bands;
    ensure!(
        bands == config.mel_bands,
        "{}: has {bands} bands, the frontend of --assume-frontend makes {}; \
        name a preset with {bands}, or leave it out",
        options.x.display(),
        config.mel_bands
    );
    Ok(Origin::Frontend(Frontend {
        id: config.id().context("the frontend cannot be built")?,
        config,
        assumed: Some(matrices.size),
    }))
}
