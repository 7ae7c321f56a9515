//! FMA's subsets: each holds the ones before it.

use std::path::Path;

/// A part of FMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subset {
    /// 8,000 clips of 30 s, 8 genres of equal size.
    Small,
    /// 25,000 clips of 30 s, 16 genres; holds small.
    Medium,
    /// 106,574 clips of 30 s, 161 genres; holds medium.
    Large,
    /// All rows, as whole tracks.
    Full,
}

impl Subset {
    /// From the smallest on.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Full];

    /// The name in options, folders and `tracks.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Full => "full",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subset| subset.name() == name)
    }

    /// `fma_small` and its like.
    pub(super) fn of_folder_name(name: &str) -> Option<Self> {
        Self::named(name.strip_prefix("fma_")?)
    }

    /// The same of a path, whatever way it is written.
    pub(super) fn of_folder(folder: &Path) -> Option<Self> {
        Self::of_folder_name(folder.canonicalize().ok()?.file_name()?.to_str()?)
    }

    /// Whether a track whose smallest subset is `smallest` is in this one; tracks of none are in the full set.
    pub(super) fn holds(self, smallest: Option<Self>) -> bool {
        smallest.unwrap_or(Self::Full) <= self
    }
}

#[cfg(test)]
mod tests {
    use super::Subset;

    #[test]
    fn larger_subsets_hold_smaller_ones() {
        let held = |subset: Subset| Subset::ALL.map(|smallest| subset.holds(Some(smallest)));
        assert_eq!(held(Subset::Small), [true, false, false, false]);
        assert_eq!(held(Subset::Medium), [true, true, false, false]);
        assert_eq!(held(Subset::Full), [true; 4]);
        assert!(Subset::Full.holds(None) && !Subset::Large.holds(None));
        assert_eq!(Subset::of_folder_name("fma_medium"), Some(Subset::Medium));
        assert_eq!(Subset::of_folder_name("fma_metadata"), None);
        assert_eq!(Subset::of_folder_name("small"), None);
    }
}
