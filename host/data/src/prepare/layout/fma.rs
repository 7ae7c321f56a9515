//! The Free Music Archive data set as it is published: a tree of numbered MP3 files and a folder of metadata.
//!
//! ```text
//! DATA/fma_small/000/000002.mp3       or DATA/000/000002.mp3
//! DATA/fma_metadata/tracks.csv        or beside DATA, or in DATA itself
//! ```
//!
//! # Source
//! M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson, "FMA: A Dataset For Music Analysis", ISMIR 2017, and the
//! `usage` notebook of its repository.

mod audio;
mod genres;
mod labels;
mod metadata;
mod subset;
mod tables;
mod tracks;

pub use labels::Labels;
pub use subset::Subset;
pub use tables::Table;
pub(in crate::prepare) use tables::tables;

use super::found::Found;
use super::layouts::Layout;
use super::source::{KnownFault, Source};
use super::walk::AudioPath;
use crate::prepare::problem::{Problem, ProblemKind};
use audio::AudioTree;
use genres::Tree;
use labels::Label;
use metadata::{FOLDER, GENRES, TRACKS};
use std::collections::HashSet;
use std::path::Path;
use tracks::Track;

/// Whether the data is FMA's. Metadata that merely lies beside it counts only for a folder named or filled like FMA's.
pub(super) fn fits(data: &Path, files: &[AudioPath]) -> bool {
    match metadata::folder(data) {
        Some(folder) if folder.starts_with(data) => tracks::is_fma(&folder.join(TRACKS)),
        Some(_) => Subset::of_folder(data).is_some() || audio::are_tracks(files),
        None => data.join(FOLDER).is_dir(),
    }
}

/// Finds the clips: rows of the subset that have audio and a genre.
pub(super) fn find(data: &Path, asked: Option<Subset>, labels: Labels) -> anyhow::Result<Found> {
    let Some(metadata) = metadata::folder(data) else {
        anyhow::bail!(
            "{}: has no {FOLDER}/{TRACKS}, neither in it nor beside it; unpack fma_metadata.zip there",
            data.display()
        );
    };
    let tree = AudioTree::find(data, asked)?;
    let subset = asked.or(tree.subset).unwrap_or(Subset::Full);
    let mut problems = Vec::new();
    let genres_file = metadata.join(GENRES);
    let genres = genres_file
        .is_file()
        .then(|| Tree::read(&genres_file, &mut problems))
        .transpose()?;
    let mut rows = Rows {
        tree,
        subset,
        labels,
        genres,
        sources: Vec::new(),
        problems,
        seen: HashSet::new(),
        outside: 0,
        through_tree: 0,
    };
    let count = tracks::read(&metadata.join(TRACKS), |line, row| rows.take(line, row))?;
    Ok(rows.found(&metadata, count))
}

/// What is gathered while the rows of `tracks.csv` pass.
struct Rows {
    tree: AudioTree,
    subset: Subset,
    labels: Labels,
    genres: Option<Tree>,
    sources: Vec<Source>,
    problems: Vec<Problem>,
    seen: HashSet<u32>,
    /// Audio of tracks outside the subset.
    outside: usize,
    /// Tracks without a top genre whose genres have one in common.
    through_tree: usize,
}

impl Rows {
    fn take(&mut self, line: u64, row: Result<Track, String>) {
        let bad = |reason: String| {
            Problem::new(ProblemKind::BadRow, format!("{TRACKS} line {line}"), reason)
        };
        let track = match row {
            Ok(track) => track,
            Err(reason) => return self.problems.push(bad(reason)),
        };
        if !self.seen.insert(track.id) {
            let reason = format!("track {} is in an earlier line", track.id);
            return self.problems.push(bad(reason));
        }
        if !self.subset.holds(track.subset) {
            self.outside += usize::from(self.tree.take(track.id).is_some());
            return;
        }
        let Some(file) = self.tree.take(track.id) else {
            let reason = format!("{TRACKS} line {line} names it, but it is not there");
            return self.problems.push(Problem::new(
                ProblemKind::MissingFile,
                self.tree.expected_path(track.id),
                reason,
            ));
        };
        let label = match labels::label(&track, self.genres.as_ref(), self.labels) {
            Ok(label) => label,
            Err((kind, reason)) => {
                let problem = Problem::new(kind, file.relative, reason);
                return self.problems.push(problem);
            }
        };
        let Label {
            genre,
            through_tree,
            unknown_ids,
        } = label;
        self.through_tree += usize::from(through_tree);
        if !unknown_ids.is_empty() {
            let reason = format!("{GENRES} has no genre {}", comma(&unknown_ids));
            self.problems.push(Problem::new(
                ProblemKind::OddRow,
                file.relative.clone(),
                reason,
            ));
        }
        self.sources.push(Source {
            id: file.relative,
            path: file.path,
            genre,
            artist: track.artist,
            album: track.album,
            split: track.split,
            excerpt: self.tree.subset != Some(Subset::Full),
            known_fault: known_fault(track.id),
        });
    }

    fn found(mut self, metadata: &Path, rows: usize) -> Found {
        for file in self.tree.rest() {
            self.problems.push(Problem::new(
                ProblemKind::NotListed,
                file.relative,
                format!("no row of {TRACKS} has its track"),
            ));
        }
        self.problems.append(&mut self.tree.problems);
        let mut remarks = vec![format!(
            "{}: {rows} tracks, subset {}",
            metadata.join(TRACKS).display(),
            self.subset.name()
        )];
        if self.genres.is_none() {
            remarks.push(format!("no {GENRES}: genre_top is taken as it is"));
        }
        if self.outside > 0 {
            remarks.push(format!(
                "{} audio files are of tracks outside subset {}",
                self.outside,
                self.subset.name()
            ));
        }
        if self.tree.passed_over > 0 {
            remarks.push(format!(
                "{} audio files lie outside the folder of the subset",
                self.tree.passed_over
            ));
        }
        if self.through_tree > 0 {
            remarks.push(format!(
                "{} tracks have no genre_top and take the one top genre that all their genres have",
                self.through_tree
            ));
        }
        Found {
            layout: Layout::Fma,
            sources: self.sources,
            problems: self.problems,
            remarks,
        }
    }
}

fn comma(ids: &[u32]) -> String {
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    ids.join(", ")
}

/// The clips of fma_small that are known to be bad.
fn known_fault(track: u32) -> Option<KnownFault> {
    match track {
        98_565 | 98_567 | 98_569 => Some(KnownFault::Short),
        99_134 | 108_925 | 133_297 => Some(KnownFault::Undecodable),
        72_059 => Some(KnownFault::Silent),
        _ => None,
    }
}
