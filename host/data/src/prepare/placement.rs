//! Splits by percentages, grouped and stratified: labels and groups of clips go in, a split a clip comes out.
//!
//! Groups are never divided. Larger groups are placed first, equal ones in a fixed shuffled order; each goes where its
//! genres lack most clips. A genre with three groups or more is then in every split that has a share; one with two is
//! in train and test; one with a single group is in train only. The last two are reported.

use crate::Split;
use crate::digest::shuffle_key;
use std::collections::BTreeMap;

/// A clip to be placed: its label and its group.
pub(crate) struct Member<'a> {
    pub(crate) label: usize,
    pub(crate) group: &'a str,
}

/// Splits by percentages; gives one split a member.
pub(crate) fn by_percent(members: &[Member<'_>], labels: usize, percent: [u8; 3]) -> Vec<Split> {
    let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for member in members {
        groups
            .entry(member.group)
            .or_insert_with(|| vec![0; labels])[member.label] += 1;
    }
    let placed = Placement::new(&groups, labels, percent).place();
    members.iter().map(|member| placed[member.group]).collect()
}

struct Placement<'a> {
    /// Largest first, equal sizes in shuffled order.
    order: Vec<(&'a str, &'a [u32])>,
    labels: usize,
    percent: [u8; 3],
    /// Clips wanted less clips placed, per split and label.
    lacking: [Vec<f64>; 3],
    split_of: BTreeMap<&'a str, Split>,
}

impl<'a> Placement<'a> {
    fn new(groups: &'a BTreeMap<&'a str, Vec<u32>>, labels: usize, percent: [u8; 3]) -> Self {
        let mut order: Vec<(&str, &[u32])> = groups
            .iter()
            .map(|(name, counts)| (*name, counts.as_slice()))
            .collect();
        order.sort_by_cached_key(|(name, counts)| {
            (
                std::cmp::Reverse(counts.iter().sum::<u32>()),
                shuffle_key("split", name),
            )
        });
        let total = |label: usize| {
            order
                .iter()
                .map(|(_, counts)| f64::from(counts[label]))
                .sum::<f64>()
        };
        let lacking = percent.map(|share| {
            (0..labels)
                .map(|label| total(label) * f64::from(share) / 100.0)
                .collect()
        });
        Self {
            order,
            labels,
            percent,
            lacking,
            split_of: BTreeMap::new(),
        }
    }

    fn place(mut self) -> BTreeMap<&'a str, Split> {
        for (name, counts) in self.order.clone() {
            let split = self.neediest(counts);
            self.put(name, counts, split);
        }
        for label in 0..self.labels {
            self.cover(label);
        }
        self.split_of
    }

    /// Where the group's genres lack most, weighted by the group's clips.
    fn neediest(&self, counts: &[u32]) -> Split {
        let need = |split: Split| -> f64 {
            let lacking = &self.lacking[split.index()];
            counts
                .iter()
                .zip(lacking)
                .map(|(&count, lacking)| f64::from(count) * lacking)
                .sum()
        };
        let mut best = Split::Train;
        // The test split comes before the valid one when both lack the same.
        for split in [Split::Test, Split::Valid] {
            if self.percent[split.index()] > 0 && need(split) > need(best) {
                best = split;
            }
        }
        best
    }

    fn put(&mut self, name: &'a str, counts: &[u32], split: Split) {
        if let Some(before) = self.split_of.insert(name, split) {
            for (lacking, &count) in self.lacking[before.index()].iter_mut().zip(counts) {
                *lacking += f64::from(count);
            }
        }
        for (lacking, &count) in self.lacking[split.index()].iter_mut().zip(counts) {
            *lacking -= f64::from(count);
        }
    }

    /// Sees that a genre with enough groups is in every split, moving its smallest groups from where it has most.
    fn cover(&mut self, label: usize) {
        let with_label: Vec<(&'a str, &'a [u32])> = self
            .order
            .iter()
            .rev()
            .filter(|(_, counts)| counts[label] > 0)
            .copied()
            .collect();
        let wanted: &[Split] = match with_label.len() {
            0 => return,
            1 => &[Split::Train],
            2 => &[Split::Train, Split::Test],
            _ => &[Split::Train, Split::Test, Split::Valid],
        };
        let percent = self.percent;
        for &split in wanted.iter().filter(|split| percent[split.index()] > 0) {
            let groups_in = |placement: &Self, split: Split| {
                with_label
                    .iter()
                    .filter(|(name, _)| placement.split_of[name] == split)
                    .count()
            };
            if groups_in(self, split) > 0 {
                continue;
            }
            // A split that keeps a group after giving one; with two groups and two wanted splits, the unwanted one.
            let donor = Split::ALL
                .into_iter()
                .filter(|donor| groups_in(self, *donor) > usize::from(wanted.contains(donor)))
                .max_by_key(|donor| groups_in(self, *donor));
            let moved = donor
                .and_then(|donor| {
                    with_label
                        .iter()
                        .find(|(name, _)| self.split_of[name] == donor)
                })
                .copied();
            if let Some((name, counts)) = moved {
                self.put(name, counts, split);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(groups: &[(usize, usize)]) -> Vec<(usize, usize, Split)> {
        // (label, clips) per group.
        let names: Vec<String> = (0..groups.len()).map(|group| format!("g{group}")).collect();
        let clips: Vec<(usize, usize)> = groups
            .iter()
            .enumerate()
            .flat_map(|(group, &(label, clips))| std::iter::repeat_n((group, label), clips))
            .collect();
        let members: Vec<Member<'_>> = clips
            .iter()
            .map(|&(group, label)| Member {
                label,
                group: &names[group],
            })
            .collect();
        let labels = groups
            .iter()
            .map(|&(label, _)| label + 1)
            .max()
            .unwrap_or(0);
        let splits = by_percent(&members, labels, [64, 16, 20]);
        clips
            .into_iter()
            .zip(splits)
            .map(|((group, label), split)| (group, label, split))
            .collect()
    }

    #[test]
    fn a_hundred_single_clips_split_exactly() {
        let placed = split(&[(0, 1); 100]);
        let count = |wanted| {
            placed
                .iter()
                .filter(|(_, _, split)| *split == wanted)
                .count()
        };
        assert_eq!(Split::ALL.map(count), [64, 16, 20]);
    }

    #[test]
    fn small_genres_follow_the_documented_rule() {
        let splits = |groups: &[(usize, usize)]| {
            let mut splits: Vec<Split> = split(groups)
                .into_iter()
                .map(|(_, _, split)| split)
                .collect();
            splits.sort();
            splits
        };
        assert_eq!(splits(&[(0, 1)]), [Split::Train]);
        assert_eq!(splits(&[(0, 1), (0, 1)]), [Split::Train, Split::Test]);
        assert_eq!(
            splits(&[(0, 1), (0, 1), (0, 1)]),
            [Split::Train, Split::Valid, Split::Test]
        );
    }

    proptest! {
        #[test]
        fn no_group_is_divided_and_genres_with_three_groups_are_everywhere(
            groups in prop::collection::vec((0usize..4, 1usize..6), 1..40),
        ) {
            let placed = split(&groups);
            for (group, _, split) in &placed {
                prop_assert!(placed.iter().filter(|(other, _, _)| other == group).all(|(_, _, other)| other == split));
            }
            for label in 0..4 {
                if groups.iter().filter(|(other, _)| *other == label).count() >= 3 {
                    for wanted in Split::ALL {
                        prop_assert!(placed.iter().any(|&(_, other, split)| other == label && split == wanted));
                    }
                }
            }
        }

        #[test]
        fn the_order_of_clips_does_not_matter(groups in prop::collection::vec((0usize..3, 1usize..4), 1..20)) {
            let names: Vec<String> = (0..groups.len()).map(|group| format!("g{group}")).collect();
            let forward: Vec<Member<'_>> =
                groups.iter().zip(&names).map(|(&(label, _), group)| Member { label, group }).collect();
            let backward: Vec<Member<'_>> =
                groups.iter().zip(&names).rev().map(|(&(label, _), group)| Member { label, group }).collect();
            let mut reversed = by_percent(&backward, 3, [64, 16, 20]);
            reversed.reverse();
            prop_assert_eq!(by_percent(&forward, 3, [64, 16, 20]), reversed);
        }
    }
}
