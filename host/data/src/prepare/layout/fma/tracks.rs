//! `tracks.csv`: three header rows (table, column, `track_id`), then one row a track.

use super::metadata::{INDEX, TRACKS};
use super::subset::Subset;
use crate::Split;
use anyhow::{Context, bail, ensure};
use csv::ByteRecord;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// What is used of a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) id: u32,
    /// The smallest subset with this track.
    pub(super) subset: Option<Subset>,
    pub(super) split: Option<Split>,
    pub(super) genre_top: Option<String>,
    pub(super) genres: Vec<u32>,
    pub(super) artist: Option<String>,
    pub(super) album: Option<String>,
}

/// Columns that are used, by the first two header rows.
const COLUMNS: [(&str, &str); 6] = [
    ("set", "subset"),
    ("set", "split"),
    ("track", "genre_top"),
    ("track", "genres"),
    ("artist", "id"),
    ("album", "id"),
];

/// FMA's number for "no album".
const NONE: &str = "-1";

/// Whether the file begins as FMA's does: other data may have a `tracks.csv` too.
pub(super) fn is_fma(file: &Path) -> bool {
    File::open(file).is_ok_and(|file| columns(&mut reader(BufReader::new(file))).is_ok())
}

/// Hands every row with its line to `each`, in the order of the file; gives how many there were. Memory: one row.
pub(super) fn read(
    file: &Path,
    each: impl FnMut(u64, Result<Track, String>),
) -> anyhow::Result<usize> {
    let failed = || format!("{}: cannot read", file.display());
    let source = BufReader::new(File::open(file).with_context(failed)?);
    parse(source, each).with_context(failed)
}

fn parse(
    source: impl Read,
    mut each: impl FnMut(u64, Result<Track, String>),
) -> anyhow::Result<usize> {
    let mut reader = reader(source);
    let columns = columns(&mut reader)?;
    let mut row = ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut row)? {
        let line = row.position().map_or(0, csv::Position::line);
        each(line, track(&row, &columns));
        rows += 1;
    }
    Ok(rows)
}

fn reader<R: Read>(source: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(source)
}

fn columns<R: Read>(reader: &mut csv::Reader<R>) -> anyhow::Result<[usize; 6]> {
    let mut header = [ByteRecord::new(), ByteRecord::new(), ByteRecord::new()];
    for row in &mut header {
        ensure!(
            reader.read_byte_record(row)?,
            "it ends within FMA's three header rows"
        );
    }
    let [tables, names, index] = header;
    if index.get(0) != Some(INDEX.as_bytes()) {
        bail!("its third row does not begin with {INDEX}, as in FMA's {TRACKS}");
    }
    let at = COLUMNS.map(|(table, name)| {
        tables
            .iter()
            .zip(&names)
            .position(|column| column == (table.as_bytes(), name.as_bytes()))
    });
    let missing: Vec<String> = COLUMNS
        .iter()
        .zip(at)
        .filter(|(_, at)| at.is_none())
        .map(|((table, name), _)| format!("{table}.{name}"))
        .collect();
    ensure!(
        missing.is_empty(),
        "its header rows lack {}",
        missing.join(", ")
    );
    Ok(at.map(Option::unwrap_or_default))
}

fn track(row: &ByteRecord, columns: &[usize; 6]) -> Result<Track, String> {
    let field = |column: usize, name: &str| {
        std::str::from_utf8(row.get(column).unwrap_or_default())
            .map(str::trim)
            .map_err(|_| format!("its {name} is not UTF-8"))
    };
    let id = field(0, INDEX)?;
    let id = id
        .parse()
        .map_err(|_| format!("{INDEX} {id:?} is no number"))?;
    let of = |i: usize| field(columns[i], COLUMNS[i].1);
    let some = |text: &str| (!text.is_empty() && text != NONE).then(|| text.to_owned());
    let subset = match of(0)? {
        "" => None,
        name => Some(Subset::named(name).ok_or_else(|| {
            format!("track {id} is of subset {name}, none of small, medium and large")
        })?),
    };
    let split = match of(1)? {
        "" => None,
        name => Some(
            name.parse()
                .map_err(|error: crate::Error| format!("track {id}: {error}"))?,
        ),
    };
    let genres = of(3)?;
    Ok(Track {
        id,
        subset,
        split,
        genre_top: some(of(2)?),
        genres: ids(genres).ok_or_else(|| {
            let shown: String = genres.chars().take(40).collect();
            format!("track {id} has genres {shown:?}, no list like [12, 25]")
        })?,
        artist: some(of(4)?),
        album: some(of(5)?),
    })
}

/// `[12, 25]`; an empty field is an empty list.
fn ids(text: &str) -> Option<Vec<u32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?.trim();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    inner.split(',').map(|id| id.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = ",album,artist,set,set,track,track,track\n\
        ,id,id,split,subset,genre_top,genres,title\ntrack_id,,,,,,,\n";

    fn all(bytes: &[u8]) -> anyhow::Result<Vec<(u64, Result<Track, String>)>> {
        let mut rows = Vec::new();
        parse(bytes, |line, row| rows.push((line, row)))?;
        Ok(rows)
    }

    #[test]
    fn rows_are_read_by_the_names_of_both_header_rows() {
        let text = format!(
            "{HEADER}2,1,7,training,small,Hip-Hop,\"[21, 12]\",\"Food,\nand more\"\n3,-1,7,validation,large,,[],x\n"
        );
        let rows = all(text.as_bytes()).unwrap();
        let expected = Track {
            id: 2,
            subset: Some(Subset::Small),
            split: Some(Split::Train),
            genre_top: Some("Hip-Hop".to_owned()),
            genres: vec![21, 12],
            artist: Some("7".to_owned()),
            album: Some("1".to_owned()),
        };
        assert_eq!(rows[0], (4, Ok(expected)));
        let second = rows[1].1.as_ref().unwrap();
        assert_eq!(rows[1].0, 6, "lines count line breaks within fields");
        assert_eq!((&second.album, &second.genre_top), (&None, &None));
        assert!(second.genres.is_empty());
    }

    #[test]
    fn bad_rows_are_named_and_the_next_ones_read() {
        let rows = "x,1,7,training,small,Rock,[1],a\n\
            3,1,7,fold 2,small,Rock,[1],a\n\
            4,1,7,training,tiny,Rock,[1],a\n\
            5,1,7,training,small,Rock,\"[1, two]\",a\n\
            6\n\
            7,1,7,test,small,Rock,[1],a\n";
        let rows = all(format!("{HEADER}{rows}").as_bytes()).unwrap();
        let words = [
            "track_id \"x\"",
            "unknown split fold 2",
            "subset tiny",
            "[1, two]",
        ];
        for ((_, row), word) in rows.iter().zip(words) {
            assert!(row.as_ref().unwrap_err().contains(word), "{row:?}");
        }
        assert!(rows[4].1.as_ref().is_ok_and(|track| track.split.is_none()));
        assert_eq!(rows[5].1.as_ref().unwrap().split, Some(Split::Test));
    }

    #[test]
    fn other_headers_are_refused_by_what_they_lack() {
        for (text, word) in [
            ("", "ends within"),
            ("a,b\nc,d\n2,3\n", "track_id"),
            (&HEADER.replace("genre_top", "top"), "track.genre_top"),
        ] {
            let error = all(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), headed: bool) {
            let mut text = if headed { HEADER.as_bytes().to_vec() } else { Vec::new() };
            text.extend(&bytes);
            if let Ok(rows) = all(&text) {
                prop_assert!(rows.len() <= text.len());
            }
        }

        #[test]
        fn a_mutated_file_gives_rows_or_an_error(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut text = format!("{HEADER}2,1,7,training,small,Rock,\
                \"[21, 12]\",\"a \"\"b\"\"\"\n3,-1,7,test,large,,[],x\n").into_bytes();
            for (at, byte) in edits {
                let at = at.index(text.len());
                text[at] = byte;
            }
            if let Ok(rows) = all(&text) {
                prop_assert!(rows.len() <= text.len());
            }
        }
    }
}
