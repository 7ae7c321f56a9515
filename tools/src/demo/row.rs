//! One line a clip: the truth, what was said at the end, when the truth was said first.

use needledrop_protocol::{State, Tag};

use super::clip::Played;
use crate::monitor::words;

/// What stands above the rows.
pub(super) const HEADER: &str = "truth       said at the end              first right  clip";

/// What became of a clip, in less than 80 columns.
///
/// The time is that of the first right tag on the clip's own clock; a tag is about the sound before it, so it is never
/// earlier than the model's first window ends.
pub(super) fn row(played: &Played) -> String {
    let first = played.first_right.map_or_else(
        || "never".to_owned(),
        |time| format!("{:.1} s", time.milliseconds() as f64 / 1e3),
    );
    let mut row = format!(
        "{:<10}  {:<5}  {:<20}  {first:>11}  {}",
        played.clip.genre,
        if played.is_right() { "right" } else { "wrong" },
        said(played.answer.as_ref()),
        played.clip.name,
    );
    match played.lost() {
        0 => {}
        lost => row.push_str(&format!(", {lost} lost")),
    }
    row
}

fn said(answer: Option<&Tag>) -> String {
    let Some(tag) = answer else {
        return "nothing".to_owned();
    };
    match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => words::candidate(genre),
        (state, _) => words::state(state),
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, row};
    use crate::demo::clip::{Clip, Played};
    use needledrop_protocol::{Body, Counts, State, parse};

    fn played() -> Played {
        let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";
        let record = parse(line).unwrap();
        let Body::Tag(tag) = record.body else {
            panic!("{record:?}")
        };
        Played {
            clip: Clip {
                name: "jazz/artist01_t0".to_owned(),
                path: "a.wav".into(),
                genre: "jazz".to_owned(),
            },
            answer: Some(tag),
            first_right: Some(record.time),
            counts: Counts::default(),
            lines: Vec::new(),
        }
    }

    #[test]
    fn rows_stand_under_their_header() {
        let right = played();
        let mut uncertain = played();
        uncertain.clip.genre = "no-music".to_owned();
        uncertain.first_right = None;
        if let Some(tag) = &mut uncertain.answer {
            tag.state = State::Uncertain;
        }
        let mut silent = uncertain.clone();
        silent.answer = None;
        let rows = [
            HEADER.to_owned(),
            row(&right),
            row(&uncertain),
            row(&silent),
        ];
        let expected = [
            "truth       said at the end              first right  clip",
            "jazz        right  jazz 87 %                   3.0 s  jazz/artist01_t0",
            "no-music    wrong  uncertain                   never  jazz/artist01_t0",
            "no-music    wrong  nothing                     never  jazz/artist01_t0, 1 lost",
        ];
        assert_eq!(rows, expected);
        assert!(expected.iter().all(|line| line.len() < 80));
    }
}
