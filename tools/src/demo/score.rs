//! Right or wrong, and how many: a board's answers and the clips' true genres in, counts and the last line out.

use needledrop_bundle::NO_MUSIC;
use needledrop_protocol::{State, Tag};

use super::clip::Played;

/// Whether the board's answer names the genre; for `no-music`, whether it says that this is no music.
pub(super) fn is_right(answer: &Tag, genre: &str) -> bool {
    match answer.state {
        State::Music => answer
            .candidates
            .first()
            .is_some_and(|said| said.label.as_str() == genre),
        State::NoMusic(_) => genre == NO_MUSIC,
        State::Uncertain | State::NoAudio(_) => false,
    }
}

impl Played {
    /// Whether the board's answer for the clip as a whole is right.
    pub(super) fn is_right(&self) -> bool {
        let answer = self.answer.as_ref();
        answer.is_some_and(|answer| is_right(answer, &self.clip.genre))
    }

    /// Records missing by sequence number, unreadable, or missing at the end.
    pub(super) fn lost(&self) -> u64 {
        // A damaged record also leaves a gap in the sequence, unless it was the first or the last.
        let damaged = self.counts.crc_failures + self.counts.bad_lines;
        let unfinished = u64::from(self.answer.is_none());
        self.counts.lost.max(damaged).max(unfinished)
    }
}

/// Totals over all clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    /// Clips played.
    pub(super) clips: u64,
    /// Clips whose answer was right.
    pub(super) right: u64,
    /// Records read.
    pub(super) records: u64,
    /// Records missing by sequence number, unreadable, or missing at the end of a clip.
    pub(super) lost: u64,
}

impl Score {
    /// Counts one more clip.
    pub(super) fn add(&mut self, played: &Played) {
        self.clips += 1;
        self.right += u64::from(played.is_right());
        self.records += played.counts.records;
        self.lost += played.lost();
    }

    /// All records arrived, and more clips than not were right.
    pub(super) fn is_good(&self) -> bool {
        self.lost == 0 && self.records >= self.clips && 2 * self.right > self.clips
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            clips,
            right,
            records,
            lost,
        } = self;
        write!(
            f,
            "demo: {right} of {clips} clips tagged right, {records} records, {lost} lost"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Score, is_right};
    use crate::demo::clip::{Clip, Played};
    use needledrop_protocol::{Body, Counts, Format, NoMusic, State, Tag, encode, parse};

    fn tag() -> Tag {
        let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";
        let record = parse(line).unwrap();
        assert!(encode(&record, Format::Nmea).as_bytes().starts_with(line));
        match record.body {
            Body::Tag(tag) => tag,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_genre_counts_and_silence_is_no_music() {
        assert!(is_right(&tag(), "jazz"));
        assert!(!is_right(&tag(), "blues"));
        let silence = Tag {
            state: State::NoMusic(NoMusic::Level),
            ..tag()
        };
        assert!(is_right(&silence, "no-music"));
        assert!(!is_right(&silence, "jazz"));
        assert!(!is_right(
            &Tag {
                state: State::Uncertain,
                ..tag()
            },
            "jazz"
        ));
    }

    #[test]
    fn a_clip_without_its_last_record_lost_it() {
        let whole = Played {
            clip: Clip {
                name: "a".to_owned(),
                path: "a.wav".into(),
                genre: "jazz".to_owned(),
            },
            answer: Some(tag()),
            first_right: None,
            counts: Counts {
                records: 4,
                ..Counts::default()
            },
            lines: Vec::new(),
        };
        let mut score = Score::default();
        score.add(&whole);
        assert!(score.is_good());
        score.add(&Played {
            answer: None,
            ..whole
        });
        assert_eq!(
            score.to_string(),
            "demo: 1 of 2 clips tagged right, 8 records, 1 lost"
        );
        assert!(!score.is_good());
    }
}
