//! What clips have to do with each other: which repeat another, which must stay together, which groups are divided.

use super::groups::group;
use super::layout::Source;
use super::problem::{Problem, ProblemKind};
use super::spool::SpooledClip;
use crate::Split;
use std::collections::{BTreeMap, HashMap};

/// The clip that one repeats, as the index of its source.
#[derive(Clone, Copy, Default)]
pub(super) struct Original {
    /// The first one with the same audio.
    pub(super) exact: Option<usize>,
    /// Else the first one of the same recording.
    pub(super) near: Option<usize>,
}

/// What each clip repeats; `alike` is for each clip the first one of the same recording.
pub(super) fn originals(
    sources: &[Source],
    clips: &[SpooledClip],
    alike: &[Option<usize>],
    problems: &mut Vec<Problem>,
) -> Vec<Original> {
    let mut first_with: HashMap<&str, usize> = HashMap::new();
    clips
        .iter()
        .zip(alike)
        .map(|(clip, alike)| {
            let first = *first_with.entry(&clip.pcm_sha256).or_insert(clip.source);
            let exact = Some(first).filter(|&first| first != clip.source);
            let near = alike
                .map(|first| clips[first].source)
                .filter(|_| exact.is_none());
            let Some(original) = exact.or(near) else {
                return Original::default();
            };
            let (a, b) = (&sources[original], &sources[clip.source]);
            let (kind, same) = match exact {
                Some(_) => (ProblemKind::Duplicate, "the same audio as"),
                None => (ProblemKind::NearDuplicate, "the same recording as"),
            };
            problems.push(Problem::new(kind, b.id.clone(), format!("{same} {}", a.id)));
            if a.genre != b.genre {
                let reason = format!("{same} {}, which is {}, not {}", a.id, a.genre, b.genre);
                problems.push(Problem::new(
                    ProblemKind::LabelConflict,
                    b.id.clone(),
                    reason,
                ));
            }
            Original { exact, near }
        })
        .collect()
}

/// Name of each clip's group; `alike` as in [`originals`].
pub(super) fn group_names(
    sources: &[Source],
    clips: &[SpooledClip],
    alike: &[Option<usize>],
) -> Vec<String> {
    let fold = |name: &str| name.trim().to_lowercase();
    let keys: Vec<Vec<String>> = clips
        .iter()
        .zip(alike)
        .enumerate()
        .map(|(index, (clip, alike))| {
            let source = &sources[clip.source];
            let artist = source
                .artist
                .as_deref()
                .map(|name| format!("artist:{}", fold(name)));
            let album = source
                .album
                .as_deref()
                .map(|name| format!("album:{}", fold(name)));
            let audio = format!("audio:{}", clip.pcm_sha256);
            let recording = format!("recording:{}", alike.unwrap_or(index));
            artist
                .into_iter()
                .chain(album)
                .chain([audio, recording])
                .collect()
        })
        .collect();
    group(&keys)
        .into_iter()
        .map(|first| match keys[first].as_slice() {
            [shared, _, _, ..] => shared.clone(),
            // Alone or joined by its audio: the first clip names the group.
            _ => format!("clip:{}", sources[clips[first].source].id),
        })
        .collect()
}

/// Groups in more than one split: one problem each, with the number of its clips and an example of each split.
///
/// `clips` are the group, split and id of each.
pub(super) fn leaks<'a>(clips: impl Iterator<Item = (&'a str, Split, &'a str)>) -> Vec<Problem> {
    // Of each group and split: how many, and the first.
    let mut seen: BTreeMap<&str, BTreeMap<Split, (u64, &str)>> = BTreeMap::new();
    for (group, split, id) in clips {
        let place = seen.entry(group).or_default().entry(split);
        place.or_insert((0, id)).0 += 1;
    }
    seen.into_iter()
        .filter(|(_, of_split)| of_split.len() > 1)
        .map(|(group, of_split)| {
            let places: Vec<String> = of_split
                .into_iter()
                .map(|(split, (count, first))| format!("{count} in {split} ({first})"))
                .collect();
            Problem::new(
                ProblemKind::Leak,
                group,
                format!("clips of one group: {}", places.join(", ")),
            )
        })
        .collect()
}
