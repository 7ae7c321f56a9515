//! Where FMA's tables lie, and what they are called: the data's folder goes in, that of the tables comes out.

use std::path::{Path, PathBuf};

/// The table that tells FMA from everything else.
pub(super) const TRACKS: &str = "tracks.csv";
/// The table of genres.
pub(super) const GENRES: &str = "genres.csv";
/// Begins the last header row of the tables that have a row a track.
pub(super) const INDEX: &str = "track_id";
/// Folder of the tables.
pub(super) const FOLDER: &str = "fma_metadata";

/// The folder with `tracks.csv`: in the data, or beside it.
pub(super) fn folder(data: &Path) -> Option<PathBuf> {
    let beside = data
        .canonicalize()
        .ok()
        .and_then(|data| Some(data.parent()?.join(FOLDER)));
    [Some(data.join(FOLDER)), Some(data.to_owned()), beside]
        .into_iter()
        .flatten()
        .find(|folder| folder.join(TRACKS).is_file())
}
