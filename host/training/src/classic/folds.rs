//! Cross-validation folds over clips: windows of one clip, and clips of one group, are never on both sides.

use needledrop_networks::order::{generator, stream};
use rand::seq::SliceRandom;
use std::collections::BTreeMap;

/// Folds, when there are as many groups.
const FOLDS: usize = 5;

/// The fold of each window.
///
/// Groups are dealt label by label (a group has the label of its first window), in an order shuffled by the seed, each
/// to the fold that holds the fewest windows of the label so far. A pure function of its arguments.
pub(super) fn folds(labels: &[usize], groups: &[usize], seed: u64) -> Vec<usize> {
    let mut windows: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (&label, &group) in labels.iter().zip(groups) {
        windows.entry(group).or_insert((label, 0)).1 += 1;
    }
    let count = FOLDS.min(windows.len());
    let mut by_label: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (group, (label, size)) in windows {
        by_label.entry(label).or_default().push((group, size));
    }
    let mut rng = generator(seed, stream::FOLDS, 0, 0);
    let mut fold_of = BTreeMap::new();
    let mut total = vec![0; count];
    for mut of_label in by_label.into_values() {
        of_label.shuffle(&mut rng);
        let mut held = vec![0; count];
        for (group, size) in of_label {
            let fold = (0..count)
                .min_by_key(|&fold| (held[fold], total[fold]))
                .unwrap_or(0);
            held[fold] += size;
            total[fold] += size;
            fold_of.insert(group, fold);
        }
    }
    groups.iter().map(|group| fold_of[group]).collect()
}

#[cfg(test)]
mod tests {
    use super::{FOLDS, folds};
    use std::collections::{BTreeMap, BTreeSet};

    /// Three labels, 12 groups each, 1 to 4 windows a group.
    fn corpus() -> (Vec<usize>, Vec<usize>) {
        let mut labels = Vec::new();
        let mut groups = Vec::new();
        for group in 0..36 {
            for _ in 0..1 + group % 4 {
                labels.push(group / 12);
                groups.push(group);
            }
        }
        (labels, groups)
    }

    #[test]
    fn no_group_is_on_both_sides_and_every_fold_has_every_label() {
        let (labels, groups) = corpus();
        let folds = folds(&labels, &groups, 7);
        let mut of_group: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for ((group, label), fold) in groups.iter().zip(&labels).zip(&folds) {
            of_group.entry(*group).or_default().insert(*fold);
            seen.insert((*fold, *label));
        }
        assert!(of_group.values().all(|folds| folds.len() == 1));
        assert_eq!(seen.len(), FOLDS * 3);
    }

    #[test]
    fn a_pure_function_of_the_seed() {
        let (labels, groups) = corpus();
        assert_eq!(folds(&labels, &groups, 7), folds(&labels, &groups, 7));
        assert_ne!(folds(&labels, &groups, 7), folds(&labels, &groups, 8));
    }

    #[test]
    fn two_groups_make_two_folds() {
        assert_eq!(folds(&[0, 0, 1], &[0, 0, 1], 1).iter().max(), Some(&1));
    }
}
