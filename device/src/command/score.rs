//! `score`: how well the board's own decision path tags the clips of a manifest.
//!
//! A clip's tag is the state of its flagged last record: a genre, `no-music` (by level or by the model, or no sound at
//! all), or `uncertain`, which is never right. Genre figures leave out clips that are not music; those have their own:
//! how many were recognised, and how many were given a genre.
use super::{model, replay::hear};
use crate::args::ScoreArgs;
use anyhow::Context as _;
use needledrop_bundle::NO_MUSIC;
use needledrop_device::journal;
use needledrop_protocol::{Body, State, Tag};
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

const UNCERTAIN: &str = "uncertain";

/// One row of the manifest.
struct Clip {
    path: PathBuf,
    genre: String,
}

/// Counts of clips by genre and tag.
#[derive(Debug, Default)]
struct Table {
    counts: BTreeMap<(String, String), u64>,
}

/// Tags every clip and compares.
pub(crate) fn score(args: &ScoreArgs) -> anyhow::Result<bool> {
    let clips = manifest(&args.manifest)?;
    let mut pipeline = model::pipeline(model::open(&args.model)?, None)?;
    let labels = pipeline.profile().metadata.labels.clone();
    let mut table = Table::default();
    let (mut bad, mut unknown) = (0_u64, 0_u64);
    for clip in &clips {
        if clip.genre != NO_MUSIC && !labels.contains(&clip.genre) {
            unknown += 1;
            journal::say(format_args!(
                "{}: the model does not know genre {}",
                clip.path.display(),
                clip.genre
            ));
            continue;
        }
        let mut last = None;
        let heard = hear(&mut pipeline, &clip.path, |record| {
            if let Body::Tag(tag) = record.body {
                last = Some(tag);
            }
        });
        match (heard, last) {
            (Ok(()), Some(tag)) => table.add(&clip.genre, &said(&tag)),
            (heard, _) => {
                bad += 1;
                if let Err(error) = heard {
                    journal::say(format_args!("{error:#}"));
                }
            }
        }
    }
    let result = table.summary(&labels, bad, unknown);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{result}")?;
    } else {
        for (name, value) in result.as_object().into_iter().flatten() {
            writeln!(out, "{name:22} {value}")?;
        }
    }
    if table.counts.is_empty() {
        anyhow::bail!("no clip of {} could be scored", args.manifest.display());
    }
    Ok(true)
}

fn said(tag: &Tag) -> String {
    match tag.state {
        State::Music => tag
            .candidates
            .first()
            .map_or(UNCERTAIN.to_owned(), |first| {
                first.label.as_str().to_owned()
            }),
        State::Uncertain => UNCERTAIN.to_owned(),
        State::NoMusic(_) | State::NoAudio(_) => NO_MUSIC.to_owned(),
    }
}

/// Reads the columns `path` and `genre`, wherever they are.
fn manifest(path: &Path) -> anyhow::Result<Vec<Clip>> {
    let named = || format!("manifest {}", path.display());
    let text = fs::read(path).with_context(named)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_slice());
    let headers = reader.headers().with_context(named)?;
    let column = |name: &str| {
        let at = headers.iter().position(|header| header == name);
        at.with_context(|| format!("{} has no column {name}; expected path,genre", named()))
    };
    let (path_at, genre_at) = (column("path")?, column("genre")?);
    let clip = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.with_context(named)?;
        let field = |at: usize| row.get(at).unwrap_or_default();
        Ok(Clip {
            path: folder.join(field(path_at)),
            genre: field(genre_at).to_owned(),
        })
    };
    let clips: Vec<Clip> = reader.records().map(clip).collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!clips.is_empty(), "{} has no rows", named());
    Ok(clips)
}

impl Table {
    fn add(&mut self, genre: &str, said: &str) {
        *self
            .counts
            .entry((genre.to_owned(), said.to_owned()))
            .or_default() += 1;
    }

    fn count(&self, is: impl Fn(&str, &str) -> bool) -> u64 {
        self.counts
            .iter()
            .filter(|((genre, said), _)| is(genre, said))
            .map(|(_, count)| count)
            .sum()
    }

    fn summary(&self, labels: &[String], bad: u64, unknown: u64) -> serde_json::Value {
        let music = self.count(|genre, _| genre != NO_MUSIC);
        let silent = self.count(|genre, _| genre == NO_MUSIC);
        let right = self.count(|genre, said| genre != NO_MUSIC && genre == said);
        let left_silent = self.count(|genre, said| genre == NO_MUSIC && said == NO_MUSIC);
        let tagged =
            self.count(|genre, said| genre == NO_MUSIC && said != NO_MUSIC && said != UNCERTAIN);
        let genres = labels.iter().filter(|label| *label != NO_MUSIC);
        let f1: Vec<f64> = genres.filter_map(|label| self.f1(label)).collect();
        let confusion: BTreeMap<&str, BTreeMap<&str, u64>> =
            self.counts
                .iter()
                .fold(BTreeMap::new(), |mut rows, ((genre, said), &count)| {
                    rows.entry(genre.as_str())
                        .or_default()
                        .insert(said.as_str(), count);
                    rows
                });
        serde_json::json!({
            "clips": music + silent,
            "bad_files": bad,
            "unknown_genres": unknown,
            "genre_clips": music,
            "accuracy": ratio(right, music),
            "macro_f1": (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64),
            "uncertain": self.count(|_, said| said == UNCERTAIN),
            "missed_as_no_music": self.count(|genre, said| genre != NO_MUSIC && said == NO_MUSIC),
            "no_music_clips": silent,
            "no_music_recall": ratio(left_silent, silent),
            "false_tag_rate": ratio(tagged, silent),
            "confusion": confusion,
        })
    }

    /// F1 of a genre over the clips that are music; `None` for a genre without clips.
    fn f1(&self, label: &str) -> Option<f64> {
        let there = self.count(|genre, _| genre == label);
        let told = self.count(|genre, said| genre != NO_MUSIC && said == label);
        let right = self.count(|genre, said| genre == label && said == label);
        (there > 0).then(|| 2.0 * right as f64 / (there + told) as f64)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::{Table, manifest};

    #[test]
    fn figures_follow_their_definitions() {
        let mut table = Table::default();
        for (genre, said, count) in [
            ("jazz", "jazz", 3),
            ("jazz", "rock", 1),
            ("rock", "rock", 2),
            ("rock", "uncertain", 1),
            ("rock", "no-music", 1),
            ("no-music", "no-music", 3),
            ("no-music", "jazz", 1),
        ] {
            (0..count).for_each(|_| table.add(genre, said));
        }
        let labels = ["jazz", "rock", "pop", "no-music"].map(String::from);
        let summary = table.summary(&labels, 0, 0);
        assert_eq!(summary["accuracy"], 5.0 / 8.0);
        // jazz: 2*3 / (4 clips + 3 told); rock: 2*2 / (4 + 3); pop has no clips.
        assert_eq!(summary["macro_f1"], (6.0 / 7.0 + 4.0 / 7.0) / 2.0);
        assert_eq!(summary["no_music_recall"], 0.75);
        assert_eq!(summary["false_tag_rate"], 0.25);
        assert_eq!(summary["uncertain"], 1);
        assert_eq!(summary["missed_as_no_music"], 1);
        assert_eq!(summary["confusion"]["jazz"]["rock"], 1);
    }

    #[test]
    fn a_manifest_names_its_faults() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.csv");
        std::fs::write(&path, "split, genre ,path\ntest,jazz,a/b.wav\n").unwrap();
        let clips = manifest(&path).unwrap();
        assert_eq!(
            (clips[0].genre.as_str(), clips[0].path.clone()),
            ("jazz", dir.path().join("a/b.wav"))
        );
        for (text, expected) in [
            ("path,style\na,b\n", "no column genre"),
            ("path,genre\n", "no rows"),
            ("path,genre\na\n", "manifest"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", manifest(&path).err().unwrap());
            assert!(error.contains(expected), "{error}");
        }
    }
}
