//! Which files are clips, and of which genre, artist and split.

mod folder;
mod gtzan;
mod lists;
mod manifest;
mod walk;

use super::{Problem, ProblemKind};
use crate::data::Split;
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};

pub(super) use lists::apply as apply_lists;

/// How genres are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layout {
    /// `DATA/GENRE/**/clip`.
    Folder,
    /// `blues.00012.wav`, flat or in folders.
    Gtzan,
    /// A CSV manifest.
    Csv,
}

/// A clip to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Path relative to the data folder, with `/`.
    pub(super) id: String,
    pub(super) path: PathBuf,
    pub(super) genre: String,
    pub(super) artist: Option<String>,
    pub(super) album: Option<String>,
    pub(super) split: Option<Split>,
}

/// What a layout found: sources sorted by id, without repeats.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) sources: Vec<Source>,
    pub(super) problems: Vec<Problem>,
}

/// Finds the clips of `data`; `layout` `None` looks which one it is.
pub(super) fn find(data: &Path, layout: Option<Layout>) -> anyhow::Result<Found> {
    let metadata = std::fs::metadata(data)
        .with_context(|| format!("{}: cannot read the data", data.display()))?;
    let layout = match layout {
        Some(layout) => layout,
        None => detect(data, metadata.is_file())?,
    };
    let mut found = match layout {
        Layout::Csv => {
            let file = if metadata.is_file() {
                data.to_owned()
            } else {
                data.join(manifest::FILE)
            };
            manifest::find(&file)?
        }
        _ if metadata.is_file() => bail!(
            "{}: is a file; give its folder, or --layout csv for a manifest",
            data.display()
        ),
        Layout::Folder => by_path(data, layout, folder::genre_of, folder::NO_GENRE)?,
        Layout::Gtzan => by_path(data, layout, gtzan::genre_of, gtzan::NO_GENRE)?,
    };
    found.sources.sort_by(|a, b| a.id.cmp(&b.id));
    found.sources.dedup_by(|repeat, first| {
        let same = repeat.id == first.id;
        if same {
            found.problems.push(Problem::new(
                ProblemKind::BadRow,
                repeat.id.clone(),
                "listed more than once; the first is kept",
            ));
        }
        same
    });
    ensure!(
        !found.sources.is_empty(),
        "{}: no audio found ({} layout); expected {}",
        data.display(),
        layout.name(),
        layout.expectation()
    );
    Ok(found)
}

/// Clips whose path tells their genre and nothing else is known of; `no_genre` is said of those where it does not.
fn by_path(
    data: &Path,
    layout: Layout,
    genre_of: fn(&walk::AudioPath) -> Option<&str>,
    no_genre: &str,
) -> anyhow::Result<Found> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for file in walk::audio_files(data)? {
        match genre_of(&file).map(str::to_owned) {
            Some(genre) => sources.push(Source {
                genre,
                id: file.relative,
                path: file.path,
                artist: None,
                album: None,
                split: None,
            }),
            None => problems.push(Problem::new(ProblemKind::NoGenre, file.relative, no_genre)),
        }
    }
    Ok(Found {
        layout,
        sources,
        problems,
    })
}

fn detect(data: &Path, is_file: bool) -> anyhow::Result<Layout> {
    if is_file || data.join(manifest::FILE).is_file() {
        return Ok(Layout::Csv);
    }
    if data.join("tracks.csv").is_file() || data.join("fma_metadata").is_dir() {
        bail!(
            "{}: looks like FMA; its layout is not supported yet, write a manifest.csv with columns path,genre,artist",
            data.display()
        );
    }
    Ok(if gtzan::fits(&walk::audio_files(data)?) {
        Layout::Gtzan
    } else {
        Layout::Folder
    })
}

impl Layout {
    /// The name in options and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Gtzan => "gtzan",
            Self::Csv => "csv",
        }
    }

    const fn expectation(self) -> &'static str {
        match self {
            Self::Folder => "a folder per genre with mp3, m4a, flac, ogg, wav or aiff files",
            Self::Gtzan => "files named like blues.00012.wav",
            Self::Csv => "rows of path,genre that name audio files",
        }
    }
}
