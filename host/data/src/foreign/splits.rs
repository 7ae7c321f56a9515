//! Splits of a whole data set: as its records or the names of its files say, else made here.

use super::Scanned;
use crate::Split;
use crate::prepare::{Member, SplitRule, by_percent};
use std::path::Path;

/// Where only a validation split is lacking: the share of training clips that becomes one, as 16 of 64 + 16.
const VALID_OF_TRAIN: [u8; 3] = [80, 20, 0];

/// The split of each record, and how they came about.
pub(super) fn settle(
    scanned: &[Scanned],
    label_of: &[usize],
    labels: usize,
) -> Result<(Vec<Split>, String), String> {
    let said: Vec<Option<Split>> = scanned.iter().map(|scanned| scanned.split).collect();
    let has = |split| said.contains(&Some(split));
    let [train, valid, test] = Split::ALL.map(has);
    if let (true, Some(silent)) = (
        train || valid || test,
        said.iter().position(Option::is_none),
    ) {
        return Err(format!(
            "clip {} is of no split, and others are; put `train`, `valid` or `test` into the names of its files",
            scanned[silent].id
        ));
    }
    let make = |percent: [u8; 3]| {
        let own: Vec<String> = scanned
            .iter()
            .map(|scanned| match &scanned.seen.group {
                Some(group) => format!("group {group}"),
                None => format!("record {}", scanned.id),
            })
            .collect();
        let to_place: Vec<usize> = (0..scanned.len())
            .filter(|&at| said[at] != Some(Split::Test))
            .collect();
        let members: Vec<Member<'_>> = to_place
            .iter()
            .map(|&at| Member {
                label: label_of[at],
                group: &own[at],
            })
            .collect();
        let mut splits = vec![Split::Test; scanned.len()];
        for (at, split) in to_place.iter().zip(by_percent(&members, labels, percent)) {
            splits[*at] = split;
        }
        splits
    };
    Ok(match (train, valid, test) {
        (_, false, false) => {
            let SplitRule::Percent(percent) = SplitRule::STANDARD else {
                return Err("the standard split is one by percent".to_owned());
            };
            let rule = format!("{}, made when it was opened", SplitRule::STANDARD);
            (make(percent), rule)
        }
        (true, false, true) => {
            let rule = "as given, 20 % of train taken for valid when it was opened";
            (make(VALID_OF_TRAIN), rule.to_owned())
        }
        _ => {
            let given = said.into_iter().flatten().collect();
            (given, SplitRule::Official.to_string())
        }
    })
}

/// The split that a word of a file's name or of its folder's says, the file's first.
pub(super) fn of_path(path: &Path) -> Option<Split> {
    let parts = path.iter().rev().take(2);
    parts.filter_map(|part| part.to_str()).find_map(|part| {
        part.split(|c: char| !c.is_ascii_alphabetic())
            .find_map(|word| word.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::of_path;
    use crate::Split;
    use std::path::Path;

    #[test]
    fn names_say_splits_by_whole_words() {
        for (path, split) in [
            (
                "set/logmel-valid-00000-of-00002-5.tfrecord",
                Some(Split::Valid),
            ),
            ("set/Training_03.tfrec", Some(Split::Train)),
            ("set/test00-2071.tfrec", Some(Split::Test)),
            ("set/val/0.tfrecord", Some(Split::Valid)),
            ("train/test-1.tfrecord", Some(Split::Test)),
            ("set/contest.tfrecord", None),
            ("set/0.tfrecord", None),
        ] {
            assert_eq!(of_path(Path::new(path)), split, "{path}");
        }
    }
}
