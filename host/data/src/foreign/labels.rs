//! Labels of a whole data set, out of what its records say and an optional `labels.txt`.

use super::record::Class;
use super::scan::Scanned;
use crate::Error;
use needledrop_bundle::NO_MUSIC;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Names of classes, one a line, the first one for number 0.
const FILE: &str = "labels.txt";
/// Longest list that is read.
const MOST_BYTES: u64 = 1 << 20;

/// The names in `labels.txt`, if there is one.
pub(super) fn listed(dir: &Path) -> Result<Option<Vec<String>>, Error> {
    let path = dir.join(FILE);
    let mut text = String::new();
    match std::fs::File::open(&path) {
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(Error::io(&path)(reason)),
        Ok(file) => file
            .take(MOST_BYTES)
            .read_to_string(&mut text)
            .map_err(Error::io(&path))?,
    };
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let different: BTreeSet<&String> = names.iter().collect();
    if names.is_empty() || different.len() < names.len() || names.iter().any(String::is_empty) {
        return Err(Error::BadRecord {
            path,
            reason: "must hold one name a line, each once".to_owned(),
        });
    }
    Ok(Some(names))
}

/// The labels, `no-music` last, and the index of each record's.
pub(super) fn settle(
    scanned: &[Scanned],
    listed: Option<Vec<String>>,
) -> Result<(Vec<String>, Vec<usize>), String> {
    let mut labels = match &listed {
        Some(listed) => listed.clone(),
        None => of_records(scanned)?,
    };
    // Stable: all others keep their order.
    labels.sort_by_key(|label| label == NO_MUSIC);
    let index = |scanned: &Scanned| -> Result<usize, String> {
        let name = match (&scanned.seen.class, &listed) {
            (Class::Name(name), _) => name.clone(),
            (Class::Number(number), None) => class_name(*number),
            (Class::Number(number), Some(listed)) => usize::try_from(*number)
                .ok()
                .and_then(|number| listed.get(number))
                .ok_or_else(|| {
                    let lines = listed.len();
                    format!(
                        "clip {} is of class {number}, and {FILE} has {lines} lines",
                        scanned.id
                    )
                })?
                .clone(),
        };
        labels
            .iter()
            .position(|label| *label == name)
            .ok_or_else(|| {
                format!(
                    "clip {} is of {name}, which {FILE} does not have",
                    scanned.id
                )
            })
    };
    let of_record = scanned.iter().map(index).collect::<Result<_, _>>()?;
    Ok((labels, of_record))
}

/// Names sorted, or `class N` in the order of the numbers.
fn of_records(scanned: &[Scanned]) -> Result<Vec<String>, String> {
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for scanned in scanned {
        match &scanned.seen.class {
            Class::Name(name) => {
                names.insert(name.clone());
            }
            Class::Number(number) => {
                numbers.insert(*number);
            }
        }
        if !names.is_empty() && !numbers.is_empty() {
            return Err(format!(
                "some of its records name their genre and some number it, {} for one",
                scanned.id
            ));
        }
    }
    Ok(names
        .into_iter()
        .chain(numbers.into_iter().map(class_name))
        .collect())
}

fn class_name(number: u64) -> String {
    format!("class {number}")
}
