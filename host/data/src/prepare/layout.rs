//! Which files are clips, and of which genre, artist and split.

mod artists;
mod fma;
mod folder;
mod gtzan;
mod input;
mod lists;
mod manifest;
mod source;
mod walk;

use super::{Problem, ProblemKind};
use anyhow::{Context, bail, ensure};
use std::collections::BTreeSet;
use std::path::Path;

pub(super) use fma::tables;
pub use fma::{Labels, Subset, Table};
pub use input::Input;
pub(super) use source::Source;

/// How genres are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layout {
    /// `DATA/GENRE/**/clip`.
    Folder,
    /// `blues.00012.wav`, flat or in folders.
    Gtzan,
    /// FMA's audio tree and metadata.
    Fma,
    /// A CSV manifest.
    Csv,
}

/// What a layout found: sources sorted by id, without repeats.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) sources: Vec<Source>,
    pub(super) problems: Vec<Problem>,
    /// Sentences on the data as a whole.
    pub(super) remarks: Vec<String>,
}

/// Finds the clips of the data.
pub(super) fn find(input: &Input) -> anyhow::Result<Found> {
    let data = input.data.as_path();
    let metadata = std::fs::metadata(data)
        .with_context(|| format!("{}: cannot read the data", data.display()))?;
    let layout = match input.layout {
        Some(layout) => layout,
        None => detect(data, metadata.is_file())?,
    };
    ensure!(
        layout == Layout::Fma || (input.subset.is_none() && input.labels == Labels::Top),
        "{}: {} layout; --subset and --labels are for FMA",
        data.display(),
        layout.name()
    );
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
        Layout::Fma => fma::find(data, input.subset, input.labels)?,
        Layout::Folder => by_path(data, layout, folder::genre_of, folder::NO_GENRE)?,
        Layout::Gtzan => {
            let mut found = by_path(data, layout, gtzan::genre_of, gtzan::NO_GENRE)?;
            found.sources.iter_mut().for_each(gtzan::describe);
            found
        }
    };
    found.drop_repeats();
    if !input.genres.is_empty() {
        found.keep_genres(&input.genres)?;
    }
    ensure!(
        !found.sources.is_empty(),
        "{}: no audio found ({} layout); expected {}",
        data.display(),
        layout.name(),
        layout.expectation()
    );
    if let Some(folder) = &input.split_lists {
        lists::apply(folder, &mut found.sources, &mut found.problems)?;
        if let Some(named) = artists::apply(folder, &mut found.sources)? {
            found.remarks.push(format!(
                "{}: names the artists of {named} clips",
                folder.join(artists::FILE).display()
            ));
        }
    }
    found.problems.sort();
    Ok(found)
}

impl Found {
    fn drop_repeats(&mut self) {
        self.sources.sort_by(|a, b| a.id.cmp(&b.id));
        self.sources.dedup_by(|repeat, first| {
            let same = repeat.id == first.id;
            if same {
                self.problems.push(Problem::new(
                    ProblemKind::BadRow,
                    repeat.id.clone(),
                    "listed more than once; the first is kept",
                ));
            }
            same
        });
    }

    fn keep_genres(&mut self, genres: &[String]) -> anyhow::Result<()> {
        let there: BTreeSet<&str> = self
            .sources
            .iter()
            .map(|source| source.genre.as_str())
            .collect();
        if let Some(missing) = genres.iter().find(|genre| !there.contains(genre.as_str())) {
            let there: Vec<&str> = there.into_iter().collect();
            bail!(
                "--genres {missing}: no clip is of it; there are {}",
                there.join(", ")
            );
        }
        let (kept, others) = std::mem::take(&mut self.sources)
            .into_iter()
            .partition(|source| genres.contains(&source.genre));
        self.sources = kept;
        self.problems.extend(others.into_iter().map(|source| {
            let reason = format!("{} is none of --genres", source.genre);
            Problem::new(ProblemKind::UnknownGenre, source.id, reason)
        }));
        Ok(())
    }
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
                ..Source::default()
            }),
            None => problems.push(Problem::new(ProblemKind::NoGenre, file.relative, no_genre)),
        }
    }
    Ok(Found {
        layout,
        sources,
        problems,
        remarks: Vec::new(),
    })
}

fn detect(data: &Path, is_file: bool) -> anyhow::Result<Layout> {
    if is_file || data.join(manifest::FILE).is_file() {
        return Ok(Layout::Csv);
    }
    let files = walk::audio_files(data)?;
    Ok(if fma::fits(data, &files) {
        Layout::Fma
    } else if gtzan::fits(&files) {
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
            Self::Fma => "fma",
            Self::Csv => "csv",
        }
    }

    const fn expectation(self) -> &'static str {
        match self {
            Self::Folder => "a folder per genre with mp3, m4a, flac, ogg, wav, aiff or au files",
            Self::Gtzan => "files named like blues.00012.wav",
            Self::Fma => "rows of tracks.csv whose audio is there, like 000/000002.mp3",
            Self::Csv => "rows of path,genre that name audio files",
        }
    }
}
