//! Published split lists: `train*.txt`, `valid*.txt`, `test*.txt`, one clip a line, as GTZAN's fault-filtered ones.

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
    let lists = read(folder)?;
    sources.retain_mut(|source| {
        let id = without_extension(&source.id);
        let name = id.rsplit('/').next().unwrap_or(id);
        source.split = lists.get(id).or_else(|| lists.get(name)).copied();
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

/// Clips by path and by file name, both without their extension.
fn read(folder: &Path) -> anyhow::Result<HashMap<String, Split>> {
    let failed = || format!("{}: cannot read the split lists", folder.display());
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .with_context(failed)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .with_context(failed)?;
    names.sort();
    let mut splits = HashMap::new();
    for name in names.iter().filter(|name| name.ends_with(".txt")) {
        let Some(split) = Split::ALL
            .into_iter()
            .find(|split| name.starts_with(split.name()))
        else {
            continue;
        };
        let text = std::fs::read_to_string(folder.join(name)).with_context(failed)?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let id = without_extension(line);
            let file = id.rsplit('/').next().unwrap_or(id);
            for key in [id, file] {
                if let Some(other) = splits
                    .insert(key.to_owned(), split)
                    .filter(|&other| other != split)
                {
                    bail!(
                        "{}: {line} is on the {other} list and on the {split} list",
                        folder.display()
                    );
                }
            }
        }
    }
    ensure!(
        !splits.is_empty(),
        "{}: holds no train*.txt, valid*.txt or test*.txt with clips in it",
        folder.display()
    );
    Ok(splits)
}

fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains('/') => stem,
        _ => path,
    }
}
