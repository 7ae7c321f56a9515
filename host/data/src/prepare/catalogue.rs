//! What the data set will hold: decoded clips go in, their labels, groups, duplicates and splits come out.

use super::labels::{check_labels, labels_of};
use super::layout::Source;
use super::placement::{Member, by_percent};
use super::problem::{Problem, ProblemKind};
use super::relations::{group_names, leaks, originals};
use super::split::SplitRule;
use super::spool::SpooledClip;
use crate::digest;
use crate::{Split, SplitCounts};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A clip of the data set.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) genre: String,
    pub(super) label: usize,
    pub(super) split: Split,
    /// Name of the group: its artist, its album, or the id of its first clip.
    pub(super) group: String,
    /// The first clip with the same audio.
    pub(super) duplicate_of: Option<String>,
    /// The first clip of the same recording, where it is not in `duplicate_of`.
    pub(super) near_duplicate_of: Option<String>,
    pub(super) audio: SpooledClip,
}

/// The whole data set, clips sorted by id.
pub(super) struct Catalogue {
    pub(super) labels: Vec<String>,
    pub(super) entries: Vec<Entry>,
    pub(super) leaking_groups: u64,
    pub(super) duplicates: u64,
    pub(super) near_duplicates: u64,
    pub(super) problems: Vec<Problem>,
}

impl Catalogue {
    /// Puts decoded clips together; `clips` in the order of `sources`, which are sorted by id; `alike` is for each clip
    /// the first one of the same recording.
    pub(super) fn new(
        sources: &[Source],
        clips: Vec<SpooledClip>,
        alike: &[Option<usize>],
        rule: SplitRule,
    ) -> anyhow::Result<Self> {
        let labels = labels_of(clips.iter().map(|clip| sources[clip.source].genre.as_str()));
        check_labels(&labels)?;
        let mut problems = Vec::new();
        let originals = originals(sources, &clips, alike, &mut problems);
        let group_names = group_names(sources, &clips, alike);
        let label_of: HashMap<&str, usize> = labels
            .iter()
            .enumerate()
            .map(|(i, name)| (name.as_str(), i))
            .collect();
        let members: Vec<Member<'_>> = clips
            .iter()
            .zip(&group_names)
            .map(|(clip, group)| Member {
                label: label_of[sources[clip.source].genre.as_str()],
                group,
            })
            .collect();
        let splits: Vec<Split> = match rule {
            SplitRule::Official => clips
                .iter()
                .map(|clip| sources[clip.source].split.unwrap_or(Split::Train))
                .collect(),
            SplitRule::Percent(percent) => by_percent(&members, labels.len(), percent),
        };
        report_small_genres(&labels, &members, &splits, &mut problems);
        let places =
            clips
                .iter()
                .zip(members.iter().zip(&splits))
                .map(|(clip, (member, split))| {
                    (member.group, *split, sources[clip.source].id.as_str())
                });
        let leaks = leaks(places);
        let leaking_groups = leaks.len() as u64;
        problems.extend(leaks);
        let labels_in_order: Vec<usize> = members.iter().map(|member| member.label).collect();
        let entries: Vec<Entry> = clips
            .into_iter()
            .zip(group_names)
            .zip(labels_in_order.into_iter().zip(splits))
            .zip(originals)
            .map(|(((audio, group), (label, split)), original)| Entry {
                id: sources[audio.source].id.clone(),
                genre: sources[audio.source].genre.clone(),
                label,
                split,
                group,
                duplicate_of: original.exact.map(|source| sources[source].id.clone()),
                near_duplicate_of: original.near.map(|source| sources[source].id.clone()),
                audio,
            })
            .collect();
        let count = |of: fn(&Entry) -> &Option<String>| {
            entries.iter().filter(|entry| of(entry).is_some()).count() as u64
        };
        let duplicates = count(|entry| &entry.duplicate_of);
        let near_duplicates = count(|entry| &entry.near_duplicate_of);
        Ok(Self {
            labels,
            entries,
            leaking_groups,
            duplicates,
            near_duplicates,
            problems,
        })
    }

    /// What each split holds.
    pub(super) fn counts(&self) -> BTreeMap<Split, SplitCounts> {
        let mut counts: BTreeMap<Split, SplitCounts> = BTreeMap::new();
        for entry in &self.entries {
            let split = counts.entry(entry.split).or_default();
            let frames = entry.audio.frames as u64;
            split.add(&entry.genre, frames, entry.audio.seconds());
        }
        counts
    }

    /// Digest of clips, labels and audio.
    pub(super) fn data_sha256(&self) -> String {
        digest::of_lines(
            self.entries
                .iter()
                .map(|entry| digest::data_line(&entry.id, &entry.genre, &entry.audio.pcm_sha256)),
        )
    }

    /// Digest of clips and splits.
    pub(super) fn split_sha256(&self) -> String {
        digest::of_lines(
            self.entries
                .iter()
                .map(|entry| digest::split_line(&entry.id, entry.split)),
        )
    }
}

fn report_small_genres(
    labels: &[String],
    members: &[Member<'_>],
    splits: &[Split],
    problems: &mut Vec<Problem>,
) {
    for (label, name) in labels.iter().enumerate() {
        let of_label = || {
            members
                .iter()
                .zip(splits)
                .filter(|(member, _)| member.label == label)
        };
        let clips = of_label().count();
        let groups = of_label()
            .map(|(member, _)| member.group)
            .collect::<BTreeSet<_>>()
            .len();
        let present: BTreeSet<Split> = of_label().map(|(_, split)| *split).collect();
        let missing: Vec<&str> = Split::ALL
            .into_iter()
            .filter(|split| splits.contains(split) && !present.contains(split))
            .map(Split::name)
            .collect();
        if !missing.is_empty() {
            let reason = format!(
                "{clips} clips in {groups} groups leave none for {}",
                missing.join(" and ")
            );
            problems.push(Problem::new(ProblemKind::FewGroups, name.clone(), reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, genre: &str, artist: Option<&str>, split: Option<Split>) -> Source {
        Source {
            id: id.to_owned(),
            path: id.into(),
            genre: genre.to_owned(),
            artist: artist.map(str::to_owned),
            split,
            ..Source::default()
        }
    }

    fn clip(source: usize, audio: &str) -> SpooledClip {
        SpooledClip {
            source,
            pcm_sha256: audio.to_owned(),
            sample_rate_hz: 22_050,
            samples: 22_050,
            frames: 40,
            blobs: Vec::new(),
        }
    }

    #[test]
    fn duplicates_and_artists_never_cross_splits() {
        let mut sources = Vec::new();
        let mut clips = Vec::new();
        for i in 0..60 {
            let genre = ["blues", "jazz"][i % 2];
            let artist = (i < 30).then(|| format!("artist {}", i / 6));
            sources.push(source(&format!("{i:02}"), genre, artist.as_deref(), None));
            // Every fifth clip has the audio of the first of its decade, across genres too.
            let audio = if i % 5 == 0 { i / 10 * 10 } else { i };
            clips.push(clip(i, &format!("{audio:02}")));
        }
        let catalogue = Catalogue::new(&sources, clips, &[None; 60], SplitRule::STANDARD).unwrap();
        assert_eq!(catalogue.leaking_groups, 0);
        for a in &catalogue.entries {
            for b in &catalogue.entries {
                let artists = (
                    &sources[a.audio.source].artist,
                    &sources[b.audio.source].artist,
                );
                let same_artist = artists.0.is_some() && artists.0 == artists.1;
                if same_artist || a.audio.pcm_sha256 == b.audio.pcm_sha256 {
                    assert_eq!(
                        (a.split, &a.group),
                        (b.split, &b.group),
                        "{} {}",
                        a.id,
                        b.id
                    );
                }
            }
        }
        assert_eq!(catalogue.duplicates, 6);
        assert_eq!(
            catalogue
                .problems
                .iter()
                .filter(|p| p.kind == ProblemKind::LabelConflict)
                .count(),
            6
        );
    }

    #[test]
    fn official_splits_are_kept_and_their_leaks_counted() {
        let sources = [
            source("a", "blues", Some("Bob"), Some(Split::Train)),
            source("b", "jazz", Some("bob "), Some(Split::Test)),
            source("c", "jazz", None, Some(Split::Valid)),
        ];
        let clips = (0..3).map(|i| clip(i, &i.to_string())).collect();
        let catalogue = Catalogue::new(&sources, clips, &[None; 3], SplitRule::Official).unwrap();
        let splits: Vec<Split> = catalogue.entries.iter().map(|entry| entry.split).collect();
        assert_eq!(splits, [Split::Train, Split::Test, Split::Valid]);
        assert_eq!(catalogue.leaking_groups, 1);
        let leaks: Vec<_> = catalogue
            .problems
            .iter()
            .filter(|p| p.kind == ProblemKind::Leak)
            .collect();
        assert_eq!(leaks.len(), 1);
        assert_eq!(leaks[0].subject, "artist:bob");
        assert_eq!(
            leaks[0].reason,
            "clips of one group: 1 in train (a), 1 in test (b)"
        );
    }

    #[test]
    fn recordings_that_sound_alike_share_a_group_and_are_listed() {
        let sources: Vec<Source> = (0..40)
            .map(|i| source(&format!("{i:02}"), ["blues", "jazz"][i / 20], None, None))
            .collect();
        // Clips 10, 20 and 30 sound like clip 0; clip 20 has the very audio of clip 10.
        let clips = (0..40)
            .map(|i| clip(i, &(if i == 20 { 10 } else { i }).to_string()))
            .collect();
        let mut alike = [None; 40];
        for i in [10, 20, 30] {
            alike[i] = Some(0);
        }
        let catalogue = Catalogue::new(&sources, clips, &alike, SplitRule::STANDARD).unwrap();
        let of = |i: usize| &catalogue.entries[i];
        for i in [10, 20, 30] {
            assert_eq!(
                (of(i).split, of(i).group.as_str()),
                (of(0).split, "clip:00")
            );
        }
        assert_eq!(of(10).near_duplicate_of.as_deref(), Some("00"));
        assert_eq!(of(20).duplicate_of.as_deref(), Some("10"));
        assert_eq!(of(20).near_duplicate_of, None);
        assert_eq!((catalogue.duplicates, catalogue.near_duplicates), (1, 2));
        let counts = crate::prepare::problem::count(&catalogue.problems);
        assert_eq!(
            (
                counts["duplicate"],
                counts["near-duplicate"],
                counts["label-conflict"]
            ),
            (1, 2, 2)
        );
    }

    #[test]
    fn a_genre_with_one_clip_goes_to_train_and_is_reported() {
        let mut sources: Vec<Source> = (0..10)
            .map(|i| source(&format!("b{i}"), "blues", None, None))
            .collect();
        sources.push(source("z", "zouk", None, None));
        let clips = (0..11).map(|i| clip(i, &i.to_string())).collect();
        let catalogue = Catalogue::new(&sources, clips, &[None; 11], SplitRule::STANDARD).unwrap();
        assert_eq!(catalogue.entries[10].split, Split::Train);
        let few: Vec<_> = catalogue
            .problems
            .iter()
            .filter(|p| p.kind == ProblemKind::FewGroups)
            .collect();
        assert_eq!(few.len(), 1);
        assert_eq!(few[0].subject, "zouk");
    }
}
