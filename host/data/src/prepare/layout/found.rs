//! What a layout found in a folder of data, before anything is decoded.

use super::layouts::Layout;
use super::source::Source;
use crate::prepare::problem::{Problem, ProblemKind};
use anyhow::bail;
use std::collections::BTreeSet;

/// What a layout found: sources sorted by id, without repeats.
#[derive(Debug)]
pub(in crate::prepare) struct Found {
    pub(in crate::prepare) layout: Layout,
    pub(in crate::prepare) sources: Vec<Source>,
    pub(in crate::prepare) problems: Vec<Problem>,
    /// Sentences on the data as a whole.
    pub(in crate::prepare) remarks: Vec<String>,
}

impl Found {
    /// Sorts by id; of clips listed twice the first is kept.
    pub(super) fn drop_repeats(&mut self) {
        self.sources.sort_by(|a, b| a.id.cmp(&b.id));
        self.sources.dedup_by(|repeat, first| {
            let same = repeat.id == first.id;
            if same {
                self.problems.push(Problem::new(
                    ProblemKind::BadRow,
                    repeat.id.clone(),
                    "listed more than once; the first is kept",
                ));
            }
            same
        });
    }

    /// Leaves out the clips of other genres than `genres`, each of which must be there.
    pub(super) fn keep_genres(&mut self, genres: &[String]) -> anyhow::Result<()> {
        let there: BTreeSet<&str> = self
            .sources
            .iter()
            .map(|source| source.genre.as_str())
            .collect();
        if let Some(missing) = genres.iter().find(|genre| !there.contains(genre.as_str())) {
            let there: Vec<&str> = there.into_iter().collect();
            bail!(
                "--genres {missing}: no clip is of it; there are {}",
                there.join(", ")
            );
        }
        let (kept, others) = std::mem::take(&mut self.sources)
            .into_iter()
            .partition(|source| genres.contains(&source.genre));
        self.sources = kept;
        self.problems.extend(others.into_iter().map(|source| {
            let reason = format!("{} is none of --genres", source.genre);
            Problem::new(ProblemKind::UnknownGenre, source.id, reason)
        }));
        Ok(())
    }
}
