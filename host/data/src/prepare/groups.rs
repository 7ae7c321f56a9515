//! Which clips must stay together: those of one artist, one album, or of one recording, and whatever these join.
//!
//! The keys of each clip go in, the group of each comes out.

use std::collections::HashMap;

/// Disjoint sets (union by smaller index, path halving).
pub(super) struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    /// So many sets of one member each.
    pub(super) fn new(members: usize) -> Self {
        Self {
            parent: (0..members).collect(),
        }
    }

    /// The smallest member of the set.
    pub(super) fn root(&mut self, mut member: usize) -> usize {
        while self.parent[member] != member {
            self.parent[member] = self.parent[self.parent[member]];
            member = self.parent[member];
        }
        member
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

/// Group of each clip, as the index of its first member. `keys` are the things clips share, one list a clip.
pub(crate) fn group(keys: &[Vec<String>]) -> Vec<usize> {
    let mut sets = Sets::new(keys.len());
    let mut first_with: HashMap<&str, usize> = HashMap::new();
    for (clip, keys) in keys.iter().enumerate() {
        for key in keys {
            let first = *first_with.entry(key).or_insert(clip);
            sets.join(first, clip);
        }
    }
    (0..keys.len()).map(|clip| sets.root(clip)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn groups_join_through_any_shared_key() {
        let keys = [
            vec!["a"],
            vec!["b"],
            vec!["a", "c"],
            vec![],
            vec!["c", "d"],
            vec!["d", "b"],
        ];
        let keys: Vec<Vec<String>> = keys
            .iter()
            .map(|list| list.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(group(&keys), [0, 0, 0, 3, 0, 0]);
    }

    proptest! {
        #[test]
        fn clips_that_share_a_key_share_a_group(
            keys in prop::collection::vec(prop::collection::vec("[a-f]", 0..3), 0..20),
        ) {
            let groups = group(&keys);
            for a in 0..keys.len() {
                for b in 0..keys.len() {
                    if keys[a].iter().any(|key| keys[b].contains(key)) {
                        prop_assert_eq!(groups[a], groups[b]);
                    }
                }
            }
        }
    }
}
