//! What inspection found, as one object for programs.

use crate::Losses;
use crate::median::median_of_sorted;
use crate::prepare::{Problem, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Column of clips whose split is not given.
pub(super) const NO_SPLIT: &str = "none";

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The folder or manifest looked at.
    pub dir: PathBuf,
    /// How it is laid out: `prepared`, or a layout of raw data.
    pub layout: String,
    /// Sentences on the data as a whole.
    pub remarks: Vec<String>,
    /// Clips that can be used.
    pub clips: u64,
    /// Clips by genre, then by split (`train`, `valid`, `test`, or `none` where no split is given).
    pub genres: BTreeMap<String, BTreeMap<String, u64>>,
    /// Clips by sample rate of the audio files.
    pub rates_hz: BTreeMap<u32, u64>,
    /// Lengths of the clips; none when no length is known.
    pub lengths: Option<Lengths>,
    /// Clips with the same audio: each list begins with the first of them. None when audio was not decoded.
    pub duplicates: Option<Vec<Vec<String>>>,
    /// Groups (artist, album, same audio) in more than one split.
    pub leaks: Leaks,
    /// How many problems of each kind.
    pub problem_counts: BTreeMap<&'static str, u64>,
    /// Every problem.
    pub problems: Vec<Problem>,
    /// Damaged records, of prepared data.
    pub losses: Option<Losses>,
    /// Tables of numbers beside FMA's tracks.
    pub tables: Vec<Table>,
}

/// Lengths of clips in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lengths {
    /// Shortest.
    pub min_s: f64,
    /// As many are shorter as longer; of an even number, the mean of the middle two.
    pub median_s: f64,
    /// Longest.
    pub max_s: f64,
    /// All together.
    pub total_s: f64,
}

impl Lengths {
    /// Of some clips; none of none.
    pub(super) fn of(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        let (&min_s, &max_s) = (seconds.first()?, seconds.last()?);
        Some(Self {
            min_s,
            median_s: median_of_sorted(&seconds),
            max_s,
            total_s: seconds.iter().sum(),
        })
    }
}

/// Groups that are in more than one split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leaks {
    /// How many groups.
    pub groups: u64,
    /// Clips in them.
    pub clips: u64,
    /// Each of them.
    pub listed: Vec<Leak>,
}

/// A group in more than one split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leak {
    /// Name of the group: its artist, its album, or its first clip.
    pub group: String,
    /// Its clips by split.
    pub splits: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_odd_even_and_no_clips() {
        assert_eq!(Lengths::of(Vec::new()), None);
        let odd = Lengths::of(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!(
            (odd.min_s, odd.median_s, odd.max_s, odd.total_s),
            (1.0, 2.0, 3.0, 6.0)
        );
        assert_eq!(Lengths::of(vec![4.0, 1.0]).unwrap().median_s, 2.5);
    }
}
