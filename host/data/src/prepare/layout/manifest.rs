//! A CSV manifest: a header with `path` and `genre`, and any of `artist`, `album`, `split`; other columns are passed
//! over.

use super::csv_header;
use super::found::Found;
use super::layouts::Layout;
use super::source::Source;
use crate::Split;
use crate::prepare::problem::{Problem, ProblemKind};
use anyhow::Context;
use csv::ByteRecord;
use std::path::Path;

/// Looked for in a data folder.
pub(crate) const FILE: &str = "manifest.csv";

/// Names under which published manifests keep the same thing.
const ARTIST_COLUMNS: [&str; 3] = ["artist", "artist_or_group", "group"];

struct Columns {
    path: usize,
    genre: usize,
    artist: Option<usize>,
    album: Option<usize>,
    split: Option<usize>,
}

pub(super) fn find(file: &Path) -> anyhow::Result<Found> {
    let failed = || format!("{}: cannot read the manifest", file.display());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(file)
        .with_context(failed)?;
    let columns = Columns::of(reader.byte_headers().with_context(failed)?).with_context(|| {
        format!(
            "{}: its first line must name the columns path and genre",
            file.display()
        )
    })?;
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row).with_context(failed)? {
        let line = row.position().map_or(0, csv::Position::line);
        match columns.source(&row, folder) {
            Ok(source) if source.path.is_file() => sources.push(source),
            Ok(source) => problems.push(Problem::new(
                ProblemKind::MissingFile,
                source.id,
                format!("line {line} of {name} names it, but it is not there"),
            )),
            Err((kind, reason)) => {
                problems.push(Problem::new(kind, format!("{name} line {line}"), reason));
            }
        }
    }
    Ok(Found {
        layout: Layout::Csv,
        sources,
        problems,
        remarks: Vec::new(),
    })
}

impl Columns {
    fn of(header: &ByteRecord) -> Option<Self> {
        let names: Vec<String> = csv_header::names(header)
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let column = |wanted: &str| names.iter().position(|name| name == wanted);
        Some(Self {
            path: column("path")?,
            genre: column("genre")?,
            artist: ARTIST_COLUMNS.iter().find_map(|name| column(name)),
            album: column("album"),
            split: column("split"),
        })
    }

    fn source(&self, row: &ByteRecord, folder: &Path) -> Result<Source, (ProblemKind, String)> {
        let text = |column: usize, name: &str| {
            let value = std::str::from_utf8(row.get(column).unwrap_or_default())
                .map_err(|_| (ProblemKind::BadRow, format!("its {name} is not UTF-8")))?;
            Ok::<_, (ProblemKind, String)>(value.trim().to_owned())
        };
        let required = |column, name: &str, kind| match text(column, name)? {
            empty if empty.is_empty() => Err((kind, format!("it has no {name}"))),
            value => Ok(value),
        };
        let optional = |column: Option<usize>, name: &str| match column {
            Some(column) => text(column, name).map(|value| (!value.is_empty()).then_some(value)),
            None => Ok(None),
        };
        let path = required(self.path, "path", ProblemKind::BadRow)?;
        // Folds and other names are no split of ours; `--split official` leaves such rows out and says so.
        let split = optional(self.split, "split")?.and_then(|name| name.parse::<Split>().ok());
        Ok(Source {
            path: folder.join(&path),
            id: path.replace('\\', "/").trim_start_matches("./").to_owned(),
            genre: required(self.genre, "genre", ProblemKind::UnknownGenre)?,
            artist: optional(self.artist, "artist")?,
            album: optional(self.album, "album")?,
            split,
            ..Source::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &[u8], files: &[&str]) -> anyhow::Result<Found> {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let manifest = folder.path().join(FILE);
        std::fs::write(&manifest, text).unwrap();
        find(&manifest)
    }

    #[test]
    fn columns_are_found_by_name_and_bad_rows_are_listed() {
        let text = "\u{feff}Genre, path ,extra,artist,split\nblues,a.wav,1,Bob,train\n\
            jazz,b.wav,,,validation\n,a.wav,,,\njazz,gone.wav,,,\njazz,b.wav,,,fold 3\n";
        let found = found(text.as_bytes(), &["a.wav", "b.wav"]).unwrap();
        let ids: Vec<_> = found
            .sources
            .iter()
            .map(|s| (s.id.as_str(), s.artist.as_deref(), s.split))
            .collect();
        assert_eq!(
            ids,
            [
                ("a.wav", Some("Bob"), Some(Split::Train)),
                ("b.wav", None, Some(Split::Valid)),
                ("b.wav", None, None)
            ]
        );
        let kinds: Vec<_> = found.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::UnknownGenre, ProblemKind::MissingFile]);
    }

    #[test]
    fn a_header_without_the_columns_is_an_error() {
        let error = found(b"file,label\na,b\n", &[]).unwrap_err();
        assert!(format!("{error:#}").contains("path and genre"), "{error:#}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = found(&bytes, &[]);
            let mut with_header = b"path,genre,artist,split\n".to_vec();
            with_header.extend(bytes);
            let _ = found(&with_header, &[]);
        }

        #[test]
        fn a_mutated_manifest_gives_rows_or_an_error(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut text = b"path,genre,artist,album,split\n\
                a.wav,blues,\"Bob, \"\"B\"\"\",x,train\nb.wav,jazz,,,test\n".to_vec();
            for (at, byte) in edits {
                let at = at.index(text.len());
                text[at] = byte;
            }
            if let Ok(found) = found(&text, &["a.wav"]) {
                prop_assert!(found.sources.len() + found.problems.len() <= text.len());
            }
        }
    }
}
