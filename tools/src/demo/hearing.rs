//! What one clip's records say: was the truth said, when first, and at the end?

use needledrop_protocol::{Body, SampleTime, Tag};

use super::clip::{Clip, Played};
use super::score::is_right;
use crate::monitor::plain;
use crate::monitor::session::Session;

/// What was heard so far of one clip.
pub(super) struct Hearing<'a> {
    clip: &'a Clip,
    session: Session,
    answer: Option<Tag>,
    first_right: Option<SampleTime>,
    lines: Vec<Vec<u8>>,
}

impl<'a> Hearing<'a> {
    /// Nothing was heard yet.
    pub(super) fn of(clip: &'a Clip) -> Self {
        Self {
            clip,
            session: Session::new(),
            answer: None,
            first_right: None,
            lines: Vec::new(),
        }
    }

    /// Takes one line of the port; gives it back readable.
    pub(super) fn line(&mut self, line: &[u8]) -> String {
        self.lines.push(line.to_vec());
        let heard = self.session.line(line);
        let Some(record) = heard.record else {
            return heard.remark.unwrap_or_default();
        };
        let readable = plain::line(&record);
        if let Body::Tag(tag) = record.body {
            if self.first_right.is_none() && is_right(&tag, &self.clip.genre) {
                self.first_right = Some(record.time);
            }
            if tag.last {
                self.answer = Some(tag);
            }
        }
        readable
    }

    /// The port has nothing more to say.
    pub(super) fn end(self) -> Played {
        Played {
            clip: self.clip.clone(),
            answer: self.answer,
            first_right: self.first_right,
            counts: self.session.counts(),
            lines: self.lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hearing;
    use crate::demo::clip::{Clip, Played};
    use needledrop_protocol::{Body, Format, NoMusic, Record, State, encode, parse};

    const JAZZ: &[u8] = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";

    /// Plays tags a second apart on a clip of this genre.
    fn play(genre: &str, tags: &[(State, &str)]) -> Played {
        let clip = Clip {
            name: "a".to_owned(),
            path: "a.wav".into(),
            genre: genre.to_owned(),
        };
        let mut hearing = Hearing::of(&clip);
        for (second, (state, label)) in (1..).zip(tags) {
            let mut record: Record = parse(JAZZ).unwrap();
            record.sequence = second;
            record.time.samples = u64::from(second) * 44_100;
            if let Body::Tag(tag) = &mut record.body {
                tag.state = *state;
                tag.candidates[0].label = needledrop_protocol::Text::shortened(label);
                tag.last = second as usize == tags.len();
            }
            hearing.line(encode(&record, Format::Nmea).trim_end().as_bytes());
        }
        hearing.end()
    }

    fn first_right_ms(genre: &str, tags: &[(State, &str)]) -> Option<u64> {
        let played = play(genre, tags);
        assert_eq!(played.lines.len(), tags.len());
        assert!(played.answer.is_some());
        played.first_right.map(|time| time.milliseconds())
    }

    #[test]
    fn the_first_right_tag_is_remembered_whatever_follows() {
        let tags = [
            (State::Uncertain, "jazz"),
            (State::Music, "blues"),
            (State::Music, "jazz"),
            (State::Music, "rock"),
            (State::Music, "jazz"),
            (State::Music, "rock"),
        ];
        assert_eq!(first_right_ms("jazz", &tags), Some(3_000));
        assert_eq!(first_right_ms("rock", &tags), Some(4_000));
        assert_eq!(first_right_ms("waltz", &tags), None);
    }

    #[test]
    fn no_music_is_right_from_the_first_such_state_on() {
        let tags = [
            (State::Music, "jazz"),
            (State::NoMusic(NoMusic::Level), "jazz"),
            (State::NoMusic(NoMusic::Model), "no-music"),
        ];
        assert_eq!(first_right_ms("no-music", &tags), Some(2_000));
    }

    #[test]
    fn a_damaged_line_is_kept_and_counted_and_judged_by_nobody() {
        let clip = play("jazz", &[(State::Music, "jazz")]).clip;
        let mut hearing = Hearing::of(&clip);
        let mut damaged = JAZZ.to_vec();
        damaged[8] = b'8';
        assert!(hearing.line(&damaged).contains("checksum"));
        let played = hearing.end();
        assert_eq!(played.lines, [damaged]);
        assert_eq!((played.first_right, played.answer), (None, None));
        assert_eq!(played.counts.crc_failures, 1);
    }
}
