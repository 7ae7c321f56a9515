//! `genres.csv`: the tree of genres, one row a genre with the id of its parent, 0 for top genres.

use super::metadata::GENRES;
use crate::prepare::layout::csv_header;
use crate::prepare::problem::{Problem, ProblemKind};
use anyhow::{Context, ensure};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Genres by id.
#[derive(Debug)]
pub(super) struct Tree {
    genres: HashMap<u32, Genre>,
    tops: BTreeSet<String>,
}

#[derive(Debug)]
struct Genre {
    title: String,
    /// None for top genres.
    parent: Option<u32>,
}

/// Columns that are used; the published file also counts tracks and repeats the top genre.
const COLUMNS: [&str; 3] = ["genre_id", "parent", "title"];

impl Tree {
    pub(super) fn read(file: &Path, problems: &mut Vec<Problem>) -> anyhow::Result<Self> {
        let failed = || format!("{}: cannot read", file.display());
        let source = BufReader::new(File::open(file).with_context(failed)?);
        Self::parse(source, problems).with_context(failed)
    }

    /// Rows that can't be used, and genres that hang on none, are left out and reported.
    pub(super) fn parse(source: impl Read, problems: &mut Vec<Problem>) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let header: Vec<String> = csv_header::names(reader.byte_headers()?).collect();
        let columns = COLUMNS.map(|wanted| header.iter().position(|name| name == wanted));
        let missing: Vec<&str> = COLUMNS
            .into_iter()
            .zip(columns)
            .filter_map(|(name, column)| column.is_none().then_some(name))
            .collect();
        ensure!(
            missing.is_empty(),
            "its first line lacks {} of genre_id,#tracks,parent,title,top_level",
            missing.join(", ")
        );
        let mut genres = BTreeMap::new();
        for row in reader.into_byte_records() {
            let row = row?;
            let line = row.position().map_or(0, csv::Position::line);
            let [id, parent, title] = columns.map(|column| {
                String::from_utf8_lossy(column.and_then(|column| row.get(column)).unwrap_or(b""))
                    .trim()
                    .to_owned()
            });
            let parsed = match (id.parse::<u32>(), parent.as_str(), parent.parse::<u32>()) {
                (Ok(id), "" | "0", _) => Some((id, None)),
                (Ok(id), _, Ok(parent)) => Some((id, Some(parent))),
                _ => None,
            };
            let reason = match parsed {
                Some((id, _)) if genres.contains_key(&id) => {
                    format!("genre {id} is in an earlier line")
                }
                Some((id, parent)) if !title.is_empty() => {
                    genres.insert(id, (line, Genre { title, parent }));
                    continue;
                }
                _ => format!("genre_id {id:?}, parent {parent:?}, title {title:?} is no genre"),
            };
            problems.push(bad_row(line, reason));
        }
        Ok(Self::without_loose_ends(genres, problems))
    }

    fn without_loose_ends(all: BTreeMap<u32, (u64, Genre)>, problems: &mut Vec<Problem>) -> Self {
        let rooted: BTreeSet<u32> = all
            .keys()
            .copied()
            .filter(|&id| {
                // More steps than genres are a circle.
                let mut at = Some(id);
                for _ in 0..=all.len() {
                    match at.map(|id| all.get(&id)) {
                        None => return true,
                        Some(None) => return false,
                        Some(Some((_, genre))) => at = genre.parent,
                    }
                }
                false
            })
            .collect();
        let mut genres = HashMap::new();
        for (id, (line, genre)) in all {
            if rooted.contains(&id) {
                genres.insert(id, genre);
            } else {
                let reason = format!("the parents of genre {id} lead to no top genre");
                problems.push(bad_row(line, reason));
            }
        }
        let tops = genres
            .values()
            .filter(|genre| genre.parent.is_none())
            .map(|genre| genre.title.clone())
            .collect();
        Self { genres, tops }
    }

    /// Whether a top genre has this title.
    pub(super) fn has_top(&self, title: &str) -> bool {
        self.tops.contains(title)
    }

    /// Those of `ids` that are not in the tree.
    pub(super) fn unknown(&self, ids: &[u32]) -> Vec<u32> {
        let unknown = ids.iter().filter(|id| !self.genres.contains_key(id));
        unknown.copied().collect()
    }

    /// Titles of the top genres of `ids`, sorted.
    pub(super) fn tops(&self, ids: &[u32]) -> Vec<&str> {
        let tops: BTreeSet<&str> = ids
            .iter()
            .filter_map(|&id| self.title(self.branch(id).last()?))
            .collect();
        tops.into_iter().collect()
    }

    /// Titles of those of `ids` that are above no other of them, sorted.
    pub(super) fn most_specific(&self, ids: &[u32]) -> Vec<&str> {
        let above: BTreeSet<u32> = ids.iter().flat_map(|&id| self.branch(id).skip(1)).collect();
        let specific: BTreeSet<&str> = ids
            .iter()
            .filter(|id| !above.contains(id))
            .filter_map(|&id| self.title(id))
            .collect();
        specific.into_iter().collect()
    }

    fn title(&self, id: u32) -> Option<&str> {
        Some(&self.genres.get(&id)?.title)
    }

    /// A genre and what it hangs on, up to its top genre; ends, since loose ends and circles were left out.
    fn branch(&self, id: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(id), |id| self.genres.get(id)?.parent)
    }
}

fn bad_row(line: u64, reason: String) -> Problem {
    Problem::new(ProblemKind::BadRow, format!("{GENRES} line {line}"), reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "genre_id,#tracks,parent,title,top_level\n";

    #[test]
    fn circles_orphans_and_nonsense_are_reported_and_left_out() {
        let text = format!(
            "{HEADER}1,5,0,Rock,1\n2,5,3,A,1\n3,5,2,B,1\n4,5,77,C,1\n1,5,0,Twice,1\nx,5,0,D,1\n5,5,1,,1\n6,5,1,Punk,1\n"
        );
        let mut problems = Vec::new();
        let tree = Tree::parse(text.as_bytes(), &mut problems).unwrap();
        assert_eq!(tree.unknown(&[1, 2, 3, 4, 5, 6]), [2, 3, 4, 5]);
        assert_eq!(tree.tops(&[6, 1]), ["Rock"]);
        assert_eq!(tree.most_specific(&[6, 1]), ["Punk"]);
        assert_eq!(problems.len(), 6, "{problems:?}");
    }

    #[test]
    fn another_header_is_an_error_that_names_what_is_missing() {
        let error = Tree::parse(&b"genre_id,name\n1,Rock\n"[..], &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("parent, title"), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_tree_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), headed: bool) {
            let mut text = if headed { HEADER.as_bytes().to_vec() } else { Vec::new() };
            text.extend(&bytes);
            let _ = Tree::parse(text.as_slice(), &mut Vec::new());
        }

        #[test]
        fn a_mutated_file_gives_a_tree_or_an_error(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut text = format!("{HEADER}10,13845,0,Pop,10\n\
                12,32923,0,Rock,12\n25,9261,12,\"Punk, \"\"77\"\"\",12\n").into_bytes();
            for (at, byte) in edits {
                let at = at.index(text.len());
                text[at] = byte;
            }
            if let Ok(tree) = Tree::parse(text.as_slice(), &mut Vec::new()) {
                prop_assert!(tree.most_specific(&[10, 12, 25]).len() <= 3);
            }
        }

        #[test]
        fn any_parents_give_branches_that_end(parents in prop::collection::vec(0u32..12, 0..10)) {
            let mut text = HEADER.to_owned();
            for (id, parent) in parents.iter().enumerate() {
                text += &format!("{},1,{parent},G{id},1\n", id + 1);
            }
            let tree = Tree::parse(text.as_bytes(), &mut Vec::new()).unwrap();
            let ids: Vec<u32> = (0..13).collect();
            prop_assert!(tree.tops(&ids).len() <= parents.len());
            prop_assert!(tree.most_specific(&ids).len() <= parents.len());
        }
    }
}
