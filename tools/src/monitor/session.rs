//! What has been heard so far: the last of each record, a history, and the health of the line.

use std::collections::VecDeque;

use needledrop_protocol::{
    Begin, Body, Counts, Finding, Record, SampleTime, State, Status, Tag, Text, Verifier,
};

use super::words::printable;

/// Tags that are remembered.
const HISTORY: usize = 600;

/// Genres that are remembered; a model has fewer.
const GENRES: usize = 128;

/// Faults that are remembered.
const FAULTS: usize = 20;

/// One line after looking at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The record, when it could be read.
    pub record: Option<Record>,
    /// What is wrong or notable: a failed checksum, a gap, a restart.
    pub remark: Option<String>,
}

/// A tag and when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Milliseconds on a clock that goes on over restarts of the source, whose own clock begins anew.
    pub at_ms: u64,
    /// The source's own clock.
    pub time: SampleTime,
    /// What was heard.
    pub tag: Tag,
}

/// Everything the views show.
#[derive(Debug, Default)]
pub struct Session {
    verifier: Verifier,
    /// Last `begin`.
    pub begin: Option<Begin>,
    /// Last tag since then.
    pub tag: Option<Moment>,
    /// Last status.
    pub status: Option<Status>,
    /// Tags, newest last.
    pub history: VecDeque<Moment>,
    /// Genres that were said, in order of their first time.
    pub genres: Vec<Text>,
    /// Faults with the number of records read before each, newest last.
    pub faults: VecDeque<(u64, String)>,
    /// Where the source's clock began, on that of [`Moment::at_ms`].
    began_ms: u64,
    /// Newest moment of any record, on the same clock.
    newest_ms: u64,
}

impl Session {
    /// Nothing heard yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses, verifies and remembers one line.
    pub fn line(&mut self, line: &[u8]) -> Heard {
        let before = self.verifier.counts();
        let checked = self.verifier.line(line);
        let remark = match (&checked.record, checked.finding) {
            (_, Some(finding)) => Some(finding.to_string()),
            // A line that began before we listened is nobody's fault; the verifier does not count it.
            (Err(_), None) if self.verifier.counts() == before => None,
            (Err(error), None) => Some(printable(&error.to_string())),
            (Ok(_), None) => None,
        };
        if let Some(remark) = &remark
            && checked.finding != Some(Finding::Restart)
        {
            push(&mut self.faults, FAULTS, (before.records, remark.clone()));
        }
        let record = checked.record.ok();
        if let Some(record) = &record {
            self.remember(record);
        }
        Heard { record, remark }
    }

    fn remember(&mut self, record: &Record) {
        if matches!(record.body, Body::Begin(_)) {
            self.began_ms = self.newest_ms;
        }
        let at_ms = self.began_ms.saturating_add(record.time.milliseconds());
        self.newest_ms = self.newest_ms.max(at_ms);
        match &record.body {
            Body::Begin(begin) => {
                self.begin = Some(begin.clone());
                self.tag = None;
            }
            Body::Tag(tag) => {
                if let (State::Music, Some(genre)) = (tag.state, tag.candidates.first())
                    && self.genres.len() < GENRES
                    && !self.genres.contains(&genre.label)
                {
                    self.genres.push(genre.label.clone());
                }
                let moment = Moment {
                    at_ms,
                    time: record.time,
                    tag: tag.clone(),
                };
                self.tag = Some(moment.clone());
                push(&mut self.history, HISTORY, moment);
            }
            Body::Status(status) => self.status = Some(status.clone()),
            _ => {}
        }
    }

    /// The line was away: what comes next may be the end of a record.
    pub fn interrupted(&mut self) {
        self.verifier.interrupted();
    }

    /// Totals so far.
    pub fn counts(&self) -> Counts {
        self.verifier.counts()
    }
}

fn push<T>(queue: &mut VecDeque<T>, capacity: usize, item: T) {
    if queue.len() == capacity {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, Session};
    use needledrop_protocol::{Format, encode, parse};

    fn tag(sequence: u32) -> String {
        let mut record = parse(b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464").unwrap();
        record.sequence = sequence;
        encode(&record, Format::Nmea).trim_end().to_owned()
    }

    #[test]
    fn a_damaged_line_is_remarked_and_remembered() {
        let mut session = Session::new();
        assert!(session.line(tag(0).as_bytes()).remark.is_none());
        let damaged = tag(1).replace("lost", "lust");
        let heard = session.line(damaged.as_bytes());
        assert!(heard.record.is_none());
        assert!(heard.remark.unwrap().contains("checksum"));
        let heard = session.line(tag(2).as_bytes());
        assert!(heard.record.is_some());
        assert!(heard.remark.unwrap().contains("1 records lost"));
        assert_eq!(
            (session.counts().lost, session.counts().crc_failures),
            (1, 1)
        );
        assert_eq!(session.faults.len(), 2);
    }

    #[test]
    fn the_clock_of_moments_goes_on_when_the_source_begins_anew() {
        let mut session = Session::new();
        let begin = parse(b"$NDBEG,0,0,44100,1,a,b,3f9a10c2,71c05b1e9d00a4f3,c*6D94");
        let mut begin = begin.expect("a record");
        let mut at = |sequence, samples| {
            let mut record = parse(tag(sequence).as_bytes()).unwrap();
            record.time.samples = samples;
            session.line(encode(&record, Format::Nmea).as_bytes());
            begin.sequence = sequence + 1;
            session.line(encode(&begin, Format::Nmea).as_bytes());
            session.history.back().unwrap().at_ms
        };
        assert_eq!(
            [at(0, 16_000), at(2, 16_000), at(4, 8_000)],
            [1_000, 2_000, 2_500]
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut session = Session::new();
        for _ in 0..1_000 {
            session.line(b"$garbage*0000");
        }
        assert_eq!(session.faults.len(), FAULTS);
    }
}
