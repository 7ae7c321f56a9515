//! A folder per genre: a path goes in, its genre comes out.

use super::walk::AudioPath;

/// Why a file here has no genre.
pub(super) const NO_GENRE: &str = "it lies in no genre's folder";

/// The uppermost folder below the data.
pub(super) fn genre_of(file: &AudioPath) -> Option<&str> {
    let (genre, _) = file.relative.split_once('/')?;
    Some(genre.trim())
}
