//! `clips.csv`: which row of the matrices is which clip.

use crate::Split;
use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The columns; others are ignored.
const COLUMNS: [&str; 5] = ["row", "clip", "genre", "label", "split"];

/// A line of `clips.csv`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClipLine {
    /// Index along the first axis of the matrices.
    pub(super) row: u64,
    pub(super) clip: String,
    pub(super) genre: String,
    /// Number of the genre, as in label.npy.
    pub(super) label: i64,
    pub(super) split: Split,
    /// Where it stands, from 1.
    pub(super) line: u64,
}

/// Reads the file, sorted by row; each row is below `rows` and there once, each label is one genre and each genre one
/// label.
pub(super) fn read(path: &Path, rows: u64) -> anyhow::Result<Vec<ClipLine>> {
    let file = std::fs::File::open(path);
    let lines = file
        .context("cannot be read")
        .and_then(|file| parse(file, rows));
    lines.with_context(|| path.display().to_string())
}

fn parse(source: impl std::io::Read, rows: u64) -> anyhow::Result<Vec<ClipLine>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(source);
    let header = reader.headers().context("has no line of columns")?.clone();
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let mut found = header
            .iter()
            .enumerate()
            .filter(|(_, name)| *name == column);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => *place = at,
            (None, _) => bail!("no column {column}; it needs {}", COLUMNS.join(", ")),
            _ => bail!("column {column} is there twice"),
        }
    }
    let mut lines: Vec<ClipLine> = Vec::new();
    let mut record = csv::StringRecord::new();
    // The reader's own errors name the line.
    while reader.read_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        let fields = places.map(|at| record.get(at).unwrap_or_default());
        lines.push(clip_line(fields, line, rows).with_context(|| format!("line {line}"))?);
    }
    check(&lines)?;
    lines.sort_by_key(|line| line.row);
    Ok(lines)
}

fn clip_line(fields: [&str; COLUMNS.len()], line: u64, rows: u64) -> anyhow::Result<ClipLine> {
    let [row, clip, genre, label, split] = fields;
    for (name, value) in [("clip", clip), ("genre", genre)] {
        ensure!(!value.is_empty(), "{name} is empty");
    }
    let number = |name: &str, value: &str| format!("{name} is {value:?}, expected a whole number");
    let row: u64 = row.parse().with_context(|| number("row", row))?;
    ensure!(
        row < rows,
        "row {row} is not in the matrices, which have rows 0 to {}",
        rows.saturating_sub(1)
    );
    Ok(ClipLine {
        row,
        clip: clip.to_owned(),
        genre: genre.to_owned(),
        label: label.parse().with_context(|| number("label", label))?,
        split: split.parse()?,
        line,
    })
}

/// What one line cannot show.
fn check(lines: &[ClipLine]) -> anyhow::Result<()> {
    ensure!(!lines.is_empty(), "names no clip");
    let mut line_of_row: HashMap<u64, u64> = HashMap::new();
    let mut genre_of: BTreeMap<i64, &ClipLine> = BTreeMap::new();
    let mut label_of: BTreeMap<&str, &ClipLine> = BTreeMap::new();
    for line in lines {
        if let Some(first) = line_of_row.insert(line.row, line.line) {
            bail!(
                "line {}: row {} is that of line {first}, too",
                line.line,
                line.row
            );
        }
        let by_label = *genre_of.entry(line.label).or_insert(line);
        let by_genre = *label_of.entry(&line.genre).or_insert(line);
        for first in [by_label, by_genre] {
            ensure!(
                (first.label, &first.genre) == (line.label, &line.genre),
                "line {} (clip {}): label {} is {}, but on line {} label {} is {}",
                line.line,
                line.clip,
                line.label,
                line.genre,
                first.line,
                first.label,
                first.genre
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "split,note,row,clip,genre,label\n\
        train,x,1,b,jazz,3\n\
        validation,,0, a ,\"drum, bass\",0\n";

    #[test]
    fn lines_are_sorted_by_row_whatever_the_columns_order() {
        let lines = parse(GOOD.as_bytes(), 2).unwrap();
        let seen: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line.row,
                    line.clip.as_str(),
                    line.genre.as_str(),
                    line.label,
                    line.split,
                    line.line,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (0, "a", "drum, bass", 0, Split::Valid, 3),
                (1, "b", "jazz", 3, Split::Train, 2)
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let head = "row,clip,genre,label,split\n";
        for (text, words) in [
            (
                "",
                vec!["no column row; it needs row, clip, genre, label, split"],
            ),
            ("row,clip,genre,label\n", vec!["no column split"]),
            (
                "row,clip,genre,label,split,label\n",
                vec!["column label is there twice"],
            ),
            (head, vec!["names no clip"]),
            (
                &format!("{head}0,a,jazz,0,train\n1,b,pop,1\n"),
                vec!["line: 3", "4 fields"],
            ),
            (
                &format!("{head}0,a,jazz,0,train\nx,b,pop,1,train\n"),
                vec!["line 3", "row is \"x\""],
            ),
            (
                &format!("{head}9,a,jazz,0,train\n"),
                vec!["line 2", "row 9", "rows 0 to 3"],
            ),
            (&format!("{head}-1,a,jazz,0,train\n"), vec!["row is \"-1\""]),
            (
                &format!("{head}0,a,jazz,0.5,train\n"),
                vec!["label is \"0.5\""],
            ),
            (&format!("{head}0,,jazz,0,train\n"), vec!["clip is empty"]),
            (&format!("{head}0,a, ,0,train\n"), vec!["genre is empty"]),
            (
                &format!("{head}0,a,jazz,0,holdout\n"),
                vec!["line 2", "unknown split holdout"],
            ),
            (
                &format!("{head}0,a,jazz,0,train\n0,b,jazz,0,train\n"),
                vec!["line 3", "row 0", "line 2"],
            ),
            (
                &format!("{head}0,a,jazz,0,train\n1,b,pop,0,train\n"),
                vec![
                    "line 3 (clip b)",
                    "label 0 is pop",
                    "line 2",
                    "label 0 is jazz",
                ],
            ),
            (
                &format!("{head}0,a,jazz,0,train\n1,b,jazz,1,train\n"),
                vec!["line 3 (clip b)", "label 1 is jazz", "label 0 is jazz"],
            ),
        ] {
            let found = format!("{:#}", parse(text.as_bytes(), 4).expect_err("refused"));
            for word in words {
                assert!(found.contains(word), "{text:?}: {found}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_bytes_end_in_lines_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            head in any::<bool>(),
        ) {
            let head = if head { "row,clip,genre,label,split\n" } else { "" };
            let _ = parse(&[head.as_bytes(), &bytes].concat()[..], 4);
        }

        #[test]
        fn any_damage_ends_in_lines_or_an_error(at in 0..GOOD.len(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            if let Ok(lines) = parse(&bytes[..], 2) {
                prop_assert!(lines.iter().all(|line| line.row < 2 && !line.clip.is_empty()));
            }
        }
    }
}
