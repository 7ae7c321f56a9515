//! `features.csv` and `echonest.csv`: tables of numbers with four header rows (three levels of column names, then
//! `track_id`), one row a track. They are recognised and measured; no shards are made of them.

use super::metadata::{self, INDEX};
use anyhow::{Context, ensure};
use csv::ByteRecord;
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// A table of the metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// File name.
    pub file: String,
    /// Tracks.
    pub rows: u64,
    /// Columns of numbers, `track_id` not counted.
    pub columns: u64,
    /// Columns by the first level of their names, in the order of the file.
    pub groups: Vec<(String, u64)>,
    /// Rows whose fields are not as many numbers, or whose track is none.
    pub bad_rows: u64,
}

/// Names FMA's scripts give them.
const FILES: [&str; 2] = ["features.csv", "echonest.csv"];

/// The tables that lie with the metadata of `data`.
pub(in crate::prepare) fn tables(data: &Path) -> anyhow::Result<Vec<Table>> {
    let Some(metadata) = metadata::folder(data) else {
        return Ok(Vec::new());
    };
    FILES
        .iter()
        .map(|name| (name, metadata.join(name)))
        .filter(|(_, file)| file.is_file())
        .map(|(name, file)| {
            let failed = || format!("{}: cannot read", file.display());
            let source = BufReader::with_capacity(1 << 17, File::open(&file).with_context(failed)?);
            measure(name, source).with_context(failed)
        })
        .collect()
}

/// Memory: one row.
fn measure(name: &str, source: impl Read) -> anyhow::Result<Table> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(source);
    let mut header: [ByteRecord; 4] = std::array::from_fn(|_| ByteRecord::new());
    for row in &mut header {
        ensure!(
            reader.read_byte_record(row)?,
            "it ends within the four header rows of FMA's {name}"
        );
    }
    let [top, second, third, index] = header;
    ensure!(
        index.get(0) == Some(INDEX.as_bytes()) && top.len() > 1,
        "its fourth row does not begin with {INDEX}, as in FMA's {name}"
    );
    ensure!(
        [&second, &third, &index]
            .iter()
            .all(|row| row.len() == top.len()),
        "its header rows have {}, {}, {} and {} columns",
        top.len(),
        second.len(),
        third.len(),
        index.len()
    );
    let mut groups: Vec<(String, u64)> = Vec::new();
    for name in top.iter().skip(1).map(String::from_utf8_lossy) {
        match groups.last_mut() {
            Some((last, columns)) if *last == name => *columns += 1,
            _ => groups.push((name.into_owned(), 1)),
        }
    }
    let mut table = Table {
        file: name.to_owned(),
        rows: 0,
        columns: top.len() as u64 - 1,
        groups,
        bad_rows: 0,
    };
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row)? {
        table.rows += 1;
        table.bad_rows += u64::from(row.len() != top.len() || !is_track(&row));
    }
    Ok(table)
}

fn is_track(row: &ByteRecord) -> bool {
    let first = row.get(0).and_then(|field| std::str::from_utf8(field).ok());
    first.is_some_and(|field| field.trim().parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As pandas writes columns of three levels: named ones for features, unnamed ones for echonest.
    const FEATURES: &str = "feature,chroma_cens,chroma_cens,zcr\n\
        statistics,kurtosis,kurtosis,std\nnumber,01,02,01\ntrack_id,,,\n\
        2,7.1806526184e+00,5.2303090096e+00,2.8800000000e-01\n3,1.8889633417e+00,7.6053929329e-01,\n";
    const ECHONEST: &str = ",echonest,echonest,echonest\n\
        ,audio_features,metadata,temporal_features\n,acousticness,album_date,000\ntrack_id,,,\n\
        2,0.4166752327,2009-01-05,0.877233\nx,1,2,3\n5,1\n";

    #[test]
    fn tables_are_measured_as_fmas_scripts_write_them() {
        let features = measure("features.csv", FEATURES.as_bytes()).unwrap();
        assert_eq!(
            (features.rows, features.columns, features.bad_rows),
            (2, 3, 0)
        );
        let groups = [("chroma_cens".to_owned(), 2), ("zcr".to_owned(), 1)];
        assert_eq!(features.groups, groups);
        let echonest = measure("echonest.csv", ECHONEST.as_bytes()).unwrap();
        assert_eq!(
            (echonest.rows, echonest.columns, echonest.bad_rows),
            (3, 3, 2)
        );
    }

    #[test]
    fn other_tables_are_refused() {
        for (text, word) in [
            ("a,b\n1,2\n", "ends within"),
            ("a,b\n1,2\n3,4\n5,6\n", "track_id"),
            ("a,b,c\n1,2\n3,4\ntrack_id,\n", "3, 2, 2 and 2"),
        ] {
            let error = measure("features.csv", text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), headed: bool) {
            let mut text = if headed { FEATURES.as_bytes().to_vec() } else { Vec::new() };
            text.extend(&bytes);
            let _ = measure("features.csv", text.as_slice());
        }

        #[test]
        fn a_mutated_table_gives_a_table_or_an_error(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut text = ECHONEST.as_bytes().to_vec();
            for (at, byte) in edits {
                let at = at.index(text.len());
                text[at] = byte;
            }
            if let Ok(table) = measure("echonest.csv", text.as_slice()) {
                prop_assert!(table.rows <= text.len() as u64);
            }
        }
    }
}
