//! Which files are clips, and of which genre, artist and split: a folder or a manifest goes in, sources come out.

mod artists;
mod csv_header;
mod fma;
mod folder;
mod found;
mod gtzan;
mod input;
mod layouts;
mod lists;
mod manifest;
mod source;
mod walk;

pub(super) use fma::tables;
pub use fma::{Labels, Subset, Table};
pub(super) use found::Found;
pub use input::Input;
pub use layouts::Layout;
pub(crate) use manifest::FILE as MANIFEST;
pub(super) use source::Source;
pub use walk::{AudioPath, audio_files};

use super::problem::{Problem, ProblemKind};
use anyhow::{Context, bail, ensure};
use std::path::Path;

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
                data.join(MANIFEST)
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
    if is_file || data.join(MANIFEST).is_file() {
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
