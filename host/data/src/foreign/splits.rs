//! Splits of a whole data set: as its records or the names of its files say, else made here.

use super::scan::Scanned;
use crate::Split;
use crate::prepare::{Member, SplitRule, by_percent};

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
            let rule = format!("{}, made when it was opened", SplitRule::STANDARD);
            (make(SplitRule::STANDARD_PERCENT), rule)
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
