//! Published split lists: `train*.txt`, `valid*.txt`, `test*.txt`, one clip a line, as GTZAN's fault-filtered ones.
//!
//! Lists and data rarely begin at the same folder: a line names a clip when one path ends with the other, folder by
//! folder and without their extensions. A line that would fit clips of two splits names none of them.

use super::{Problem, ProblemKind, Source};
use crate::data::Split;
use anyhow::{Context, bail, ensure};
use std::collections::HashMap;
use std::path::Path;

/// Gives each source the split its list says; sources on no list are taken out and reported.
pub(in crate::prepare) fn apply(
    folder: &Path,
    sources: &mut Vec<Source>,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<()> {
    let lists = Lists::read(folder)?;
    sources.retain_mut(|source| {
        source.split = lists.split_of(&source.id);
        if source.split.is_none() {
            problems.push(Problem::new(
                ProblemKind::NotListed,
                source.id.clone(),
                "it is on none of the split lists",
            ));
        }
        source.split.is_some()
    });
    ensure!(
        !sources.is_empty(),
        "{}: none of the clips is on the split lists; lines are like blues/blues.00029.wav",
        folder.display()
    );
    Ok(())
}

/// All lists of a folder.
#[derive(Default)]
struct Lists {
    /// Paths as they are listed.
    paths: HashMap<String, Split>,
    /// Their ends from a folder on; none where clips of two splits share one.
    ends: HashMap<String, Option<Split>>,
}

impl Lists {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let failed = || format!("{}: cannot read the split lists", folder.display());
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .with_context(failed)?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_, _>>()
            .with_context(failed)?;
        names.sort();
        let mut lists = Self::default();
        for name in names.iter().filter(|name| name.ends_with(".txt")) {
            let Some(split) = Split::ALL
                .into_iter()
                .find(|split| name.starts_with(split.name()))
            else {
                continue;
            };
            let text = std::fs::read_to_string(folder.join(name)).with_context(failed)?;
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                lists
                    .add(line, split)
                    .with_context(|| folder.display().to_string())?;
            }
        }
        ensure!(
            !lists.paths.is_empty(),
            "{}: holds no train*.txt, valid*.txt or test*.txt with clips in it",
            folder.display()
        );
        Ok(lists)
    }

    fn add(&mut self, line: &str, split: Split) -> anyhow::Result<()> {
        let path = without_extension(line.trim_start_matches("./"));
        match self.paths.insert(path.to_owned(), split) {
            Some(other) if other != split => {
                bail!("{line} is on the {other} list and on the {split} list")
            }
            _ => {}
        }
        for end in ends(path).skip(1) {
            self.ends
                .entry(end.to_owned())
                .and_modify(|known| *known = known.filter(|&known| known == split))
                .or_insert(Some(split));
        }
        Ok(())
    }

    fn split_of(&self, id: &str) -> Option<Split> {
        let id = without_extension(id);
        ends(id)
            .find_map(|end| self.paths.get(end).copied())
            .or_else(|| self.ends.get(id).copied().flatten())
    }
}

/// The path, then what is left of it after each of its folders.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(folders)
        .filter_map(|at| path.get(at..))
}

/// An extension has a letter: the number of `blues.00029` is none.
fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && !extension.contains('/')
                && extension.contains(|c: char| c.is_ascii_alphabetic()) =>
        {
            stem
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lists, Split};

    fn lists(lines: &[(&str, Split)]) -> Lists {
        let mut lists = Lists::default();
        for (line, split) in lines {
            lists.add(line, *split).unwrap();
        }
        lists
    }

    #[test]
    fn a_line_names_a_clip_when_one_path_ends_with_the_other() {
        let lists = lists(&[
            ("blues/blues.00029.wav", Split::Train),
            ("./jazz/jazz.00001", Split::Test),
        ]);
        for id in [
            "blues/blues.00029.ogg",
            "blues.00029.mp3",
            "genres/blues/blues.00029.au",
        ] {
            assert_eq!(lists.split_of(id), Some(Split::Train), "{id}");
        }
        assert_eq!(lists.split_of("jazz.00001.wav"), Some(Split::Test));
        assert_eq!(lists.split_of("blues.00030.wav"), None);
    }

    #[test]
    fn equal_file_names_in_two_folders_are_told_apart() {
        let lists = lists(&[
            ("blues/001.wav", Split::Train),
            ("jazz/001.wav", Split::Test),
        ]);
        assert_eq!(lists.split_of("blues/001.wav"), Some(Split::Train));
        assert_eq!(lists.split_of("jazz/001.wav"), Some(Split::Test));
        assert_eq!(lists.split_of("rock/001.wav"), None, "on no list");
        assert_eq!(lists.split_of("001.wav"), None, "could be either");
    }

    #[test]
    fn a_clip_on_two_lists_is_refused() {
        let mut lists = lists(&[("blues/1.wav", Split::Train)]);
        assert!(lists.add("blues/1.wav", Split::Train).is_ok());
        assert!(lists.add("blues/1.mp3", Split::Test).is_err());
    }
}
