//! From clips, however they were found, to a report.

use super::report::{Leak, Leaks, Lengths, NO_SPLIT, Report};
use crate::Split;
use crate::prepare::SurveyedClip;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn split_name(clip: &SurveyedClip) -> String {
    clip.split.map_or(NO_SPLIT, Split::name).to_owned()
}

/// Counts everything but problems and losses.
pub(super) fn report(dir: PathBuf, layout: String, clips: &[SurveyedClip]) -> Report {
    let mut genres: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut rates_hz: BTreeMap<u32, u64> = BTreeMap::new();
    let mut repeats: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for clip in clips {
        *genres
            .entry(clip.genre.clone())
            .or_default()
            .entry(split_name(clip))
            .or_default() += 1;
        if let Some(rate_hz) = clip.sample_rate_hz {
            *rates_hz.entry(rate_hz).or_default() += 1;
        }
        if let Some(first) = &clip.duplicate_of {
            repeats.entry(first).or_default().push(clip.id.clone());
        }
    }
    let duplicates = repeats
        .into_iter()
        .map(|(first, others)| std::iter::once(first.to_owned()).chain(others).collect())
        .collect();
    Report {
        dir,
        layout,
        clips: clips.len() as u64,
        genres,
        rates_hz,
        lengths: Lengths::of(clips.iter().filter_map(|clip| clip.seconds).collect()),
        duplicates: Some(duplicates),
        remarks: Vec::new(),
        tables: Vec::new(),
        leaks: leaks(clips),
        problem_counts: BTreeMap::new(),
        problems: Vec::new(),
        losses: None,
    }
}

/// Clips without a split are on no side of anything.
fn leaks(clips: &[SurveyedClip]) -> Leaks {
    let mut groups: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for clip in clips.iter().filter(|clip| clip.split.is_some()) {
        *groups
            .entry(&clip.group)
            .or_default()
            .entry(split_name(clip))
            .or_default() += 1;
    }
    let listed: Vec<Leak> = groups
        .into_iter()
        .filter(|(_, splits)| splits.len() > 1)
        .map(|(group, splits)| Leak {
            group: group.to_owned(),
            splits,
        })
        .collect();
    Leaks {
        groups: listed.len() as u64,
        clips: listed.iter().flat_map(|leak| leak.splits.values()).sum(),
        listed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(
        id: &str,
        split: Option<Split>,
        group: &str,
        duplicate_of: Option<&str>,
    ) -> SurveyedClip {
        SurveyedClip {
            id: id.to_owned(),
            genre: "jazz".to_owned(),
            split,
            group: group.to_owned(),
            duplicate_of: duplicate_of.map(str::to_owned),
            sample_rate_hz: Some(44_100),
            seconds: Some(30.0),
        }
    }

    #[test]
    fn leaks_are_groups_in_two_splits_and_duplicates_are_listed_with_their_first() {
        let clips = [
            clip("a", Some(Split::Train), "artist:1", None),
            clip("b", Some(Split::Test), "artist:1", Some("a")),
            clip("c", Some(Split::Test), "artist:2", None),
            clip("d", None, "artist:2", Some("a")),
        ];
        let report = report(PathBuf::new(), "folder".to_owned(), &clips);
        assert_eq!((report.leaks.groups, report.leaks.clips), (1, 2));
        assert_eq!(report.leaks.listed[0].group, "artist:1");
        assert_eq!(report.duplicates.unwrap(), [["a", "b", "d"]]);
        let jazz: Vec<_> = report.genres["jazz"].iter().collect();
        assert_eq!(
            jazz,
            [
                (&"none".to_owned(), &1),
                (&"test".to_owned(), &2),
                (&"train".to_owned(), &1)
            ]
        );
    }
}
