//! GTZAN's naming: `blues.00012.wav`, in one folder or one per genre.

use super::walk::AudioPath;
use super::{Found, Layout, Problem, ProblemKind, Source, walk};
use std::path::Path;

pub(super) fn find(data: &Path) -> anyhow::Result<Found> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for file in walk::audio_files(data)? {
        match genre_of(file.file_name()) {
            Some(genre) => sources.push(Source {
                genre: genre.to_owned(),
                id: file.relative,
                path: file.path,
                artist: None,
                album: None,
                split: None,
            }),
            None => problems.push(Problem::new(
                ProblemKind::NoGenre,
                file.relative,
                "its name is not like blues.00012.wav",
            )),
        }
    }
    Ok(Found {
        layout: Layout::Gtzan,
        sources,
        problems,
    })
}

/// Whether every file is named so (and there is one).
pub(super) fn fits(files: &[AudioPath]) -> bool {
    !files.is_empty()
        && files
            .iter()
            .all(|file| genre_of(file.file_name()).is_some())
}

/// `blues` of `blues.00012.wav`.
fn genre_of(name: &str) -> Option<&str> {
    let (stem, _extension) = name.rsplit_once('.')?;
    let (genre, number) = stem.rsplit_once('.')?;
    let numbered = number.len() == 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !genre.is_empty()).then_some(genre)
}

#[cfg(test)]
mod tests {
    use super::genre_of;

    #[test]
    fn names_are_read_as_gtzan_writes_them() {
        assert_eq!(genre_of("blues.00012.wav"), Some("blues"));
        assert_eq!(genre_of("no-music.00000.ogg"), Some("no-music"));
        for other in [
            "blues.wav",
            "blues.0012.wav",
            ".00012.wav",
            "blues.00012",
            "blues.0001x.wav",
        ] {
            assert_eq!(genre_of(other), None, "{other}");
        }
    }
}
