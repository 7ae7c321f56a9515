//! `artist_index.txt`, as published beside GTZAN's fault-filtered lists: a clip a line,
//! `blues.00000.wav ::: artist ::: title`.
//!
//! # Source
//! B. L. Sturm, "An Analysis of the GTZAN Music Genre Dataset", MIRUM 2012.

use super::lists::without_extension;
use super::source::Source;
use anyhow::Context;
use std::collections::HashMap;
use std::path::Path;

/// Looked for in the folder of the split lists.
pub(super) const FILE: &str = "artist_index.txt";

const SEPARATOR: &str = ":::";

/// Names the artists of the clips it lists; gives how many it named, or nothing where there is no index.
pub(super) fn apply(folder: &Path, sources: &mut [Source]) -> anyhow::Result<Option<usize>> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).with_context(|| format!("{}: cannot read", path.display()))?;
    // Names of artists are in whatever encoding; equal bytes stay equal.
    let text = String::from_utf8_lossy(&bytes);
    let artists = parse(&text);
    let mut named = 0;
    for source in sources.iter_mut().filter(|source| source.artist.is_none()) {
        if let Some(artist) = artists.get(without_extension(source.file_name())) {
            source.artist = Some((*artist).to_owned());
            named += 1;
        }
    }
    Ok(Some(named))
}

/// Artists by file name without extension; comments and lines without an artist are passed over.
fn parse(text: &str) -> HashMap<&str, &str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split(SEPARATOR).map(str::trim);
            let clip = without_extension(fields.next()?);
            let artist = fields.next().filter(|artist| !artist.is_empty())?;
            Some((clip, artist))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clips_get_their_artists_whatever_their_extension_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let source = |id: &str| Source {
            id: id.to_owned(),
            ..Source::default()
        };
        let mut sources = [source("blues/blues.00000.au"), source("blues.00001.wav")];
        assert_eq!(apply(folder.path(), &mut sources).unwrap(), None);
        let text = "## words\n##\nblues.00000.wav ::: John Lee Hooker ::: Title\nblues.00001.wav ::: :::\nodd\n";
        std::fs::write(folder.path().join(FILE), text).unwrap();
        assert_eq!(apply(folder.path(), &mut sources).unwrap(), Some(1));
        assert_eq!(sources[0].artist.as_deref(), Some("John Lee Hooker"));
        assert_eq!(sources[1].artist, None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed(text in "[a-c.:# \\n]{0,200}") {
            prop_assert!(parse(&text).len() <= text.lines().count());
        }
    }
}
