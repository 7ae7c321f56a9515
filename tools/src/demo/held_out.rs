//! Which clips to play: `clips.csv` of a prepared data set in, the first test clips of every genre out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::clip::Clip;

/// Split of the clips that training and calibration never see.
const HELD_OUT: &str = "test";

#[derive(Deserialize)]
struct Row {
    clip: PathBuf,
    genre: String,
    split: String,
}

/// Reads the first `per_genre` test clips of every genre, in the table's order; `music` is the folder that was
/// prepared.
///
/// # Errors
/// The table can't be read, lacks a column, or has no test clip.
pub(super) fn read_held_out(clips_csv: &Path, music: &Path, per_genre: usize) -> Result<Vec<Clip>> {
    let shown = clips_csv.display();
    let mut reader =
        csv::Reader::from_path(clips_csv).with_context(|| format!("could not read {shown}"))?;
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut clips = Vec::new();
    for row in reader.deserialize() {
        let Row { clip, genre, split } = row
            .with_context(|| format!("{shown} needs columns clip, genre and split in every row"))?;
        if split != HELD_OUT {
            continue;
        }
        let taken = taken.entry(genre.clone()).or_default();
        *taken += 1;
        if *taken <= per_genre {
            clips.push(Clip {
                name: clip.with_extension("").display().to_string(),
                path: music.join(clip),
                genre,
            });
        }
    }
    if clips.is_empty() {
        bail!("{shown} has no clip of split {HELD_OUT}");
    }
    Ok(clips)
}

#[cfg(test)]
mod tests {
    use super::read_held_out;
    use crate::demo::clip::Clip;
    use anyhow::Result;
    use std::path::Path;

    fn read(table: &str) -> Result<Vec<Clip>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clips.csv");
        std::fs::write(&path, table).unwrap();
        read_held_out(&path, Path::new("/music"), 2)
    }

    #[test]
    fn the_first_test_clips_of_every_genre_are_taken() {
        let rows = [
            "group,clip,genre,split",
            "x,blues/a.wav,blues,train",
            "x,blues/b.wav,blues,test",
            "x,blues/c.wav,blues,test",
            "x,blues/d.wav,blues,test",
            "x,jazz/e.wav,jazz,valid",
            "x,jazz/f.wav,jazz,test",
        ];
        let clips = read(&rows.join("\n")).unwrap();
        let names: Vec<&str> = clips.iter().map(|clip| clip.name.as_str()).collect();
        assert_eq!(names, ["blues/b", "blues/c", "jazz/f"]);
        assert_eq!(clips[2].path, Path::new("/music/jazz/f.wav"));
        assert_eq!(clips[2].genre, "jazz");
    }

    #[test]
    fn a_table_without_test_clips_is_refused() {
        let refusal = |table| read(table).unwrap_err().to_string();
        let error = refusal("clip,genre,split\na.wav,jazz,train\n");
        assert!(error.contains("no clip of split test"), "{error}");
        let error = refusal("clip,split\na.wav,test\n");
        assert!(error.contains("genre"), "{error}");
    }
}
