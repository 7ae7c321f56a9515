//! GTZAN's naming: `blues.00012.wav`, in one folder or one per genre.

use super::source::{KnownFault, Source};
use super::walk::AudioPath;

/// Why a file here has no genre.
pub(super) const NO_GENRE: &str = "its name is not like blues.00012.wav";

/// The genre that a file's name begins with.
pub(super) fn genre_of(file: &AudioPath) -> Option<&str> {
    named(file.file_name())
}

/// GTZAN's one file that no reader opens, in all its copies.
const CORRUPT: &str = "jazz.00054.";

/// What is known of a clip of this collection.
pub(super) fn describe(source: &mut Source) {
    let corrupt = source.file_name().starts_with(CORRUPT);
    source.known_fault = corrupt.then_some(KnownFault::Undecodable);
    source.excerpt = true;
}

/// Whether every file is named so (and there is one).
pub(super) fn fits(files: &[AudioPath]) -> bool {
    !files.is_empty() && files.iter().all(|file| genre_of(file).is_some())
}

/// `blues` of `blues.00012.wav`.
fn named(name: &str) -> Option<&str> {
    let (stem, _extension) = name.rsplit_once('.')?;
    let (genre, number) = stem.rsplit_once('.')?;
    let numbered = number.len() == 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !genre.is_empty()).then_some(genre)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_are_read_as_gtzan_writes_them() {
        assert_eq!(named("blues.00012.wav"), Some("blues"));
        assert_eq!(named("no-music.00000.ogg"), Some("no-music"));
        for other in [
            "blues.wav",
            "blues.0012.wav",
            ".00012.wav",
            "blues.00012",
            "blues.0001x.wav",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
