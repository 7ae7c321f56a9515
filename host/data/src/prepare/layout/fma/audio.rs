//! The tree of numbered audio files: a folder goes in, files by track come out.

use super::subset::Subset;
use crate::prepare::layout::walk::{self, AudioPath};
use crate::prepare::problem::{Problem, ProblemKind};
use anyhow::bail;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Audio by track.
pub(super) struct AudioTree {
    /// What the folder of the files is called, `fma_small` and so on.
    pub(super) subset: Option<Subset>,
    /// Audio files in other folders.
    pub(super) passed_over: usize,
    /// Files that can be no track's.
    pub(super) problems: Vec<Problem>,
    /// Begins the ids of the files: `fma_small/`, or nothing.
    prefix: String,
    files: BTreeMap<u32, AudioPath>,
}

impl AudioTree {
    /// Looks for `fma_<subset>` folders in `data`; without any, `data` itself is the tree.
    pub(super) fn find(data: &Path, asked: Option<Subset>) -> anyhow::Result<Self> {
        let all = walk::audio_files(data)?;
        let named: BTreeSet<Subset> = all.iter().filter_map(folder_of).collect();
        let chosen = choose(&named, asked);
        if named.len() > 1 && asked.is_none() {
            let names: Vec<&str> = named.into_iter().map(Subset::name).collect();
            bail!(
                "{}: holds the subsets {}; say which with --subset",
                data.display(),
                names.join(" and ")
            );
        }
        let mut tree = Self {
            subset: chosen.or_else(|| Subset::of_folder(data)),
            passed_over: 0,
            problems: Vec::new(),
            prefix: chosen.map_or(String::new(), |subset| format!("fma_{}/", subset.name())),
            files: BTreeMap::new(),
        };
        for file in all {
            if chosen.is_some() && folder_of(&file) != chosen {
                tree.passed_over += 1;
            } else {
                tree.add(file);
            }
        }
        Ok(tree)
    }

    fn add(&mut self, file: AudioPath) {
        let reason = match track_of(file.file_name()) {
            None => "its name is no track number like 000002.mp3".to_owned(),
            Some(track) => match self.files.get(&track) {
                None => {
                    self.files.insert(track, file);
                    return;
                }
                Some(first) => format!("{} has the same track number", first.relative),
            },
        };
        let problem = Problem::new(ProblemKind::NotListed, file.relative, reason);
        self.problems.push(problem);
    }

    /// The file of a track, once.
    pub(super) fn take(&mut self, track: u32) -> Option<AudioPath> {
        self.files.remove(&track)
    }

    /// Files that were never taken.
    pub(super) fn rest(&mut self) -> impl Iterator<Item = AudioPath> + use<> {
        std::mem::take(&mut self.files).into_values()
    }

    /// Where a track should be.
    pub(super) fn expected_path(&self, track: u32) -> String {
        format!("{}{:03}/{track:06}.mp3", self.prefix, track / 1000)
    }
}

/// The subset that the first folder of a path is named for.
fn folder_of(file: &AudioPath) -> Option<Subset> {
    Subset::of_folder_name(file.relative.split_once('/')?.0)
}

/// The smallest tree that has all of what was asked for, else the largest there is.
fn choose(trees: &BTreeSet<Subset>, asked: Option<Subset>) -> Option<Subset> {
    let whole = asked.and_then(|asked| trees.range(asked..).next());
    whole.or(trees.last()).copied()
}

/// Whether all files are named for tracks (and there is one).
pub(super) fn are_tracks(files: &[AudioPath]) -> bool {
    let named = |file: &AudioPath| track_of(file.file_name()).is_some();
    !files.is_empty() && files.iter().all(named)
}

/// 2 of `000002.mp3`.
fn track_of(file_name: &str) -> Option<u32> {
    let (stem, _extension) = file_name.rsplit_once('.')?;
    // A sign is no digit.
    stem.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| stem.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn track_numbers_are_digits() {
        assert_eq!(track_of("000002.mp3"), Some(2));
        assert_eq!(track_of("133297.mp3"), Some(133_297));
        for other in [
            "+00002.mp3",
            "cover.mp3",
            ".mp3",
            "000002",
            "99999999999.mp3",
        ] {
            assert_eq!(track_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_smallest_tree_that_holds_the_subset_is_chosen() {
        use Subset::{Full, Large, Medium, Small};
        let trees = BTreeSet::from([Small, Large]);
        assert_eq!(choose(&trees, Some(Small)), Some(Small));
        assert_eq!(choose(&trees, Some(Medium)), Some(Large));
        assert_eq!(choose(&trees, Some(Full)), Some(Large));
        assert_eq!(choose(&BTreeSet::from([Small]), None), Some(Small));
        assert_eq!(choose(&BTreeSet::new(), Some(Small)), None);
    }
}
