//! Published split lists: `train*.txt`, `valid*.txt`, `test*.txt`, one clip a line, as GTZAN's fault-filtered ones.
//!
//! Lists and data rarely begin at the same folder: a line names a clip when one path ends with the other, folder by
//! folder and without their extensions. A line that would fit clips of two splits names none of them.

use super::csv_header::BYTE_ORDER_MARK;
use super::source::Source;
use crate::Split;
use crate::prepare::problem::{Problem, ProblemKind};
use anyhow::{Context, bail, ensure};
use std::collections::HashMap;
use std::path::Path;

/// No path is longer; what is, is no list.
const LONGEST_LINE_BYTES: usize = 4096;

/// Gives each source the split its list says; sources on no list are taken out and reported, as are lines without one.
pub(super) fn apply(
    folder: &Path,
    sources: &mut Vec<Source>,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<()> {
    let files = read(folder)?;
    let mut lists = Lists::default();
    for file in &files {
        lists
            .add_file(file)
            .with_context(|| folder.join(&file.name).display().to_string())?;
    }
    ensure!(
        !lists.lines.is_empty(),
        "{}: holds no train*.txt, valid*.txt or test*.txt with clips in it",
        folder.display()
    );
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
    problems.extend(lists.without_clip());
    Ok(())
}

/// A list as it was read.
struct ListFile {
    name: String,
    split: Split,
    text: String,
}

fn read(folder: &Path) -> anyhow::Result<Vec<ListFile>> {
    let failed = || format!("{}: cannot read the split lists", folder.display());
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .with_context(failed)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .with_context(failed)?;
    names.sort();
    let mut files = Vec::new();
    for name in names {
        let split = Split::ALL
            .into_iter()
            .find(|split| name.starts_with(split.name()));
        if let (Some(split), true) = (split, name.ends_with(".txt")) {
            let path = folder.join(&name);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{}: cannot read the split list", path.display()))?
                .replace('\\', "/");
            files.push(ListFile { name, split, text });
        }
    }
    Ok(files)
}

struct Line<'a> {
    text: &'a str,
    list: &'a str,
    split: Split,
    has_clip: bool,
}

/// All lists of a folder. Borrows paths from their texts: a path has as many ends as it has folders.
#[derive(Default)]
struct Lists<'a> {
    lines: Vec<Line<'a>>,
    /// Lines by their whole paths.
    paths: HashMap<&'a str, usize>,
    /// Lines by the ends of their paths, from a folder on.
    ends: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Lists<'a> {
    fn add_file(&mut self, file: &'a ListFile) -> anyhow::Result<()> {
        for (number, line) in (1..).zip(file.text.trim_start_matches(BYTE_ORDER_MARK).lines()) {
            let line = line.trim();
            ensure!(
                line.len() <= LONGEST_LINE_BYTES,
                "line {number} is {} bytes long, no path",
                line.len()
            );
            if !line.is_empty() {
                self.add(line, file)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, text: &'a str, file: &'a ListFile) -> anyhow::Result<()> {
        let path = without_extension(text.trim_start_matches("./"));
        if let Some(&other) = self.paths.get(path) {
            let other = &self.lines[other];
            if other.split != file.split {
                bail!("{text} is in {} too", other.list);
            }
            return Ok(());
        }
        let line = self.lines.len();
        self.paths.insert(path, line);
        for end in ends(path).skip(1) {
            self.ends.entry(end).or_default().push(line);
        }
        self.lines.push(Line {
            text,
            list: &file.name,
            split: file.split,
            has_clip: false,
        });
        Ok(())
    }

    fn split_of(&mut self, id: &str) -> Option<Split> {
        let id = without_extension(id);
        let whole = ends(id).find_map(|end| self.paths.get(end).map(std::slice::from_ref));
        let lines = match whole {
            Some(line) => line,
            None => self.ends.get(id)?.as_slice(),
        };
        let split = self.lines[*lines.first()?].split;
        if lines.iter().any(|&line| self.lines[line].split != split) {
            return None;
        }
        for &line in lines {
            self.lines[line].has_clip = true;
        }
        Some(split)
    }

    fn without_clip(&self) -> impl Iterator<Item = Problem> {
        let missing = self.lines.iter().filter(|line| !line.has_clip);
        missing.map(|line| {
            let reason = format!("{} names it, but it is not there", line.list);
            Problem::new(ProblemKind::MissingFile, line.text, reason)
        })
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
pub(super) fn without_extension(path: &str) -> &str {
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
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "blues/blues.00029.wav\njazz\\\\jazz.00001.wav\r\n./a/b.wav\n";

    fn file(name: &str, split: Split, text: &str) -> ListFile {
        ListFile {
            name: name.to_owned(),
            split,
            text: text.to_owned(),
        }
    }

    fn lists(files: &[ListFile]) -> Lists<'_> {
        let mut lists = Lists::default();
        files
            .iter()
            .try_for_each(|file| lists.add_file(file))
            .unwrap();
        lists
    }

    #[test]
    fn a_line_names_a_clip_when_one_path_ends_with_the_other() {
        let files = [
            file("train.txt", Split::Train, "blues/blues.00029.wav\r\n\n"),
            file("test.txt", Split::Test, "\u{feff}./jazz/jazz.00001"),
        ];
        let mut lists = lists(&files);
        for id in [
            "blues/blues.00029.ogg",
            "blues.00029.mp3",
            "genres/blues/blues.00029.au",
        ] {
            assert_eq!(lists.split_of(id), Some(Split::Train), "{id}");
        }
        assert_eq!(lists.without_clip().count(), 1, "jazz.00001");
        assert_eq!(lists.split_of("jazz.00001.wav"), Some(Split::Test));
        assert_eq!(lists.split_of("blues.00030.wav"), None);
        assert_eq!(lists.without_clip().count(), 0);
    }

    #[test]
    fn equal_file_names_in_two_folders_are_told_apart() {
        let files = [
            file("train.txt", Split::Train, "blues/001.wav"),
            file("test.txt", Split::Test, "jazz/001.wav"),
        ];
        let mut lists = lists(&files);
        assert_eq!(lists.split_of("blues/001.wav"), Some(Split::Train));
        assert_eq!(lists.split_of("jazz/001.wav"), Some(Split::Test));
        assert_eq!(lists.split_of("rock/001.wav"), None, "on no list");
        assert_eq!(lists.split_of("001.wav"), None, "could be either");
    }

    #[test]
    fn a_clip_on_two_lists_is_refused() {
        let files = [
            file("train.txt", Split::Train, "blues/1.wav\nblues/1.wav"),
            file("test.txt", Split::Test, "blues/1.mp3"),
        ];
        let mut lists = lists(&files[..1]);
        assert_eq!(lists.lines.len(), 1);
        let error = lists.add_file(&files[1]).unwrap_err();
        assert!(error.to_string().contains("train.txt"), "{error}");
    }

    #[test]
    fn a_line_that_is_no_path_is_refused() {
        let long = file(
            "train.txt",
            Split::Train,
            &format!("a\n{}", "/".repeat(5000)),
        );
        let error = Lists::default().add_file(&long).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_gives_lists_or_an_error(text in "[a-c/.\\n\\\\ \u{feff}]{0,200}", id in "[a-c/.]{0,20}") {
            let file = file("train.txt", Split::Train, &text);
            let mut lists = Lists::default();
            if lists.add_file(&file).is_ok() {
                lists.split_of(&id);
                prop_assert!(lists.without_clip().count() <= text.len());
            }
        }

        #[test]
        fn any_bytes_and_mutated_lists_give_sources_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut text = bytes.clone();
            text.extend(LIST.as_bytes());
            for (at, byte) in edits {
                let at = at.index(text.len());
                text[at] = byte;
            }
            std::fs::write(folder.path().join("train.txt"), bytes).unwrap();
            std::fs::write(folder.path().join("test.txt"), text).unwrap();
            let source = Source { id: "a/b.wav".to_owned(), ..Source::default() };
            let _ = apply(folder.path(), &mut vec![source], &mut Vec::new());
        }
    }
}
