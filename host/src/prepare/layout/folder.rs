//! A folder per genre.

use super::{Found, Layout, Problem, ProblemKind, Source, walk};
use std::path::Path;

pub(super) fn find(data: &Path) -> anyhow::Result<Found> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for file in walk::audio_files(data)? {
        match file.relative.split_once('/') {
            Some((genre, _)) => sources.push(Source {
                genre: genre.trim().to_owned(),
                id: file.relative,
                path: file.path,
                artist: None,
                album: None,
                split: None,
            }),
            None => problems.push(Problem::new(
                ProblemKind::NoGenre,
                file.relative,
                "it lies in no genre's folder",
            )),
        }
    }
    Ok(Found {
        layout: Layout::Folder,
        sources,
        problems,
    })
}
