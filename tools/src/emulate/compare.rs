//! Tags of the board against tags of a replay of what it heard: two lists by sample time in, differences out.
//!
//! Compared are the fields that the sound alone decides: time, state and cause, genres and probabilities, level, and
//! the two flags. Left out is what a live run alone knows: the name of the source, the sequence numbers (a status by
//! the wall clock takes one), and the whole status with its counters, load and temperature.
//!
//! Samples that the guest lost because this machine was too busy are not in the recording: from the first loss on its
//! clock is ahead of the replay's. Only what came before can be compared.

use needledrop_protocol::{Body, Record, SampleTime, Tag};

/// A tag and its time.
pub(crate) type Timed = (SampleTime, Tag);

/// Tags of records, in order.
pub(crate) fn tags(records: &[Record]) -> Vec<Timed> {
    records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Tag(tag) => Some((record.time, tag.clone())),
            _ => None,
        })
        .collect()
}

/// The records before the first that knows of lost samples; all, as a rule.
pub(crate) fn before_loss(records: &[Record]) -> &[Record] {
    let knows = |record: &Record| matches!(&record.body, Body::Status(status) if status.overrun_samples > 0);
    let end = records.iter().position(knows).unwrap_or(records.len());
    &records[..end]
}

/// One difference: the tag of the board, of the replay, or both.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) board: Option<Timed>,
    pub(crate) replay: Option<Timed>,
}

/// Walks both lists by time; a tag that only one has is a difference, too.
pub(crate) fn differences(board: &[Timed], replay: &[Timed]) -> Vec<Difference> {
    let (mut board, mut replay) = (board.iter().peekable(), replay.iter().peekable());
    let mut found = Vec::new();
    loop {
        let order = match (board.peek(), replay.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.samples.cmp(&other.samples),
        };
        let board = if order.is_le() { board.next() } else { None };
        let replay = if order.is_ge() { replay.next() } else { None };
        if board != replay {
            found.push(Difference {
                board: board.cloned(),
                replay: replay.cloned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Timed, before_loss, differences, tags};
    use needledrop_protocol::{Body, parse};

    /// At 0, 1, 2, ... seconds.
    fn many(count: u64) -> Vec<Timed> {
        let record = parse(b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F");
        let (time, tag) = tags(&[record.unwrap()]).remove(0);
        let at = |second: u64| {
            let mut time = time;
            time.samples = second * 44_100;
            (time, tag.clone())
        };
        (0..count).map(at).collect()
    }

    #[test]
    fn equal_tags_do_not_differ() {
        assert_eq!(differences(&many(5), &many(5)), []);
        assert_eq!(differences(&[], &[]), []);
    }

    #[test]
    fn a_tag_that_changed_is_one_difference_and_a_missing_one_shifts_nothing() {
        let board = many(6);
        let mut replay = many(6);
        replay[4].1.level_dbfs_x10 = Some(-215);
        replay.remove(1);
        let found = differences(&board, &replay);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].board.as_ref(), found[0].replay.as_ref()),
            (Some(&board[1]), None)
        );
        assert_eq!(
            found[1].replay.as_ref().unwrap().1.level_dbfs_x10,
            Some(-215)
        );
        assert_eq!(differences(&[], &board).len(), 6);
    }

    #[test]
    fn two_tags_of_one_moment_are_compared_in_order() {
        let mut board = many(1);
        let mut last = board[0].clone();
        last.1.last = true;
        board.push(last);
        assert_eq!(differences(&board, &board.clone()), []);
        assert_eq!(differences(&board, &board[..1]).len(), 1);
    }

    #[test]
    fn another_rate_differs_everywhere() {
        let board = many(3);
        let mut replay = many(3);
        for (time, _) in &mut replay {
            time.rate_hz = 48_000;
        }
        assert_eq!(differences(&board, &replay).len(), 3);
    }

    #[test]
    fn what_comes_after_a_loss_is_left_out() {
        let line =
            b"$NDSTA,5,441000,44100,no-audio,muted,-242,17,0,0,0,0,22050,3f9a10c2,118,473*96F5";
        let status = parse(line).unwrap();
        let mut lost = status.clone();
        let Body::Status(body) = &mut lost.body else {
            panic!("a status")
        };
        body.overrun_samples = 1;
        let records = [status.clone(), status.clone(), lost, status];
        assert_eq!(before_loss(&records).len(), 2);
        assert_eq!(before_loss(&records[..2]).len(), 2);
    }
}
