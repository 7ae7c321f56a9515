//! Lines in, records out, and what is missing between them by their sequence numbers.
use crate::{Body, Error, Record, parse};

/// What a verifier has to say about a record that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Records are missing before this one.
    Gap {
        /// Sequence number that should have come.
        expected: u32,
        /// Sequence number that came.
        actual: u32,
        /// How many are missing.
        lost: u32,
    },
    /// A record that was there before, or an older one.
    Repeat {
        /// Sequence number that should have come.
        expected: u32,
        /// Sequence number that came.
        actual: u32,
    },
    /// The board started anew: `begin` with sequence 0, or two records in sequence far back, when that `begin` was
    /// lost.
    Restart,
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Gap {
                expected,
                actual,
                lost,
            } => {
                write!(
                    f,
                    "{lost} records lost: expected sequence {expected}, got {actual}"
                )
            }
            Self::Repeat { expected, actual } => {
                write!(
                    f,
                    "record repeated: expected sequence {expected}, got {actual}"
                )
            }
            Self::Restart => f.write_str("the board started anew"),
        }
    }
}

/// Totals since the verifier was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records read.
    pub records: u64,
    /// Records missing by sequence number.
    pub lost: u64,
    /// Records repeated.
    pub repeats: u64,
    /// Starts of the board after the first record.
    pub restarts: u64,
    /// Sentences whose checksum does not fit or is missing.
    pub crc_failures: u64,
    /// Other lines that could not be read.
    pub bad_lines: u64,
    /// Sentences and types of a newer minor grammar, skipped as the protocol asks.
    pub unknown: u64,
}

impl Counts {
    /// Nothing lost, repeated or unreadable.
    pub const fn is_clean(&self) -> bool {
        self.lost == 0 && self.repeats == 0 && self.crc_failures == 0 && self.bad_lines == 0
    }
}

/// A line looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The record, or why there is none.
    pub record: Result<Record, Error>,
    /// What its sequence number gives away.
    pub finding: Option<Finding>,
}

/// Follows the sequence numbers and counts what fails.
///
/// ```
/// use needledrop_protocol::{Finding, Verifier};
/// let mut verifier = Verifier::new();
/// verifier.line(b"$NDTAG,1,0,16000,no-audio,lost,,,,,,,,0,0*B841");
/// let checked = verifier.line(b"$NDTAG,4,0,16000,no-audio,lost,,,,,,,,0,0*74B2");
/// assert_eq!(checked.finding, Some(Finding::Gap { expected: 2, actual: 4, lost: 2 }));
/// assert_eq!(verifier.counts().lost, 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    expected: Option<u32>,
    /// What would follow an older record: when it comes, the board counts from there.
    after_repeat: Option<u32>,
    /// A line that began before the reader listened has been forgiven.
    listening: bool,
    counts: Counts,
}

impl Verifier {
    /// Expects any sequence number first: a reader may come late.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses and checks one line. The very first line may be the tail of one that began before: when it starts in the
    /// middle of a record it is not counted.
    pub fn line(&mut self, line: &[u8]) -> Checked {
        let first = !core::mem::replace(&mut self.listening, true);
        let record = parse(line);
        let finding = match &record {
            Ok(record) => self.record(record),
            Err(error) => {
                if !(first && matches!(error, Error::NotARecord { .. })) {
                    self.failure(error);
                }
                None
            }
        };
        Checked { record, finding }
    }

    /// The line was away for a while: the next line may again start in the middle of a record. Records that went by
    /// meanwhile still count as lost.
    pub fn interrupted(&mut self) {
        self.listening = false;
    }

    /// Checks the sequence of a record parsed elsewhere.
    pub fn record(&mut self, record: &Record) -> Option<Finding> {
        let actual = record.sequence;
        let next = actual.wrapping_add(1);
        let expected = self.expected.replace(next).unwrap_or(actual);
        let after_repeat = self.after_repeat.take();
        self.counts.records += 1;
        let ahead = actual.wrapping_sub(expected);
        if ahead == 0 {
            return None;
        }
        let begins = actual == 0 && matches!(record.body, Body::Begin(_));
        if begins || after_repeat == Some(actual) {
            self.counts.restarts += 1;
            return Some(Finding::Restart);
        }
        if ahead <= u32::MAX / 2 {
            self.counts.lost += u64::from(ahead);
            return Some(Finding::Gap {
                expected,
                actual,
                lost: ahead,
            });
        }
        (self.expected, self.after_repeat) = (Some(expected), Some(next));
        self.counts.repeats += 1;
        Some(Finding::Repeat { expected, actual })
    }

    fn failure(&mut self, error: &Error) {
        let count = match error {
            Error::Crc { .. } | Error::NoCrc { .. } => &mut self.counts.crc_failures,
            Error::UnknownRecord { .. } => &mut self.counts.unknown,
            _ => &mut self.counts.bad_lines,
        };
        *count += 1;
    }

    /// Totals so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Verifier};
    use crate::{Begin, Body, Hex, NoAudio, Record, SampleTime, State, Tag, Text};

    fn tag(sequence: u32) -> Record {
        let tag = Tag {
            state: State::NoAudio(NoAudio::Lost),
            candidates: heapless::Vec::new(),
            level_dbfs_x10: None,
            short: false,
            last: false,
        };
        Record {
            sequence,
            time: SampleTime::default(),
            body: Body::Tag(tag),
        }
    }

    fn begin(sequence: u32) -> Record {
        let text = Text::shortened("x");
        let (model, source, firmware) = (text.clone(), text.clone(), text);
        let begin = Begin {
            firmware,
            model,
            model_digest: Hex([0; 4]),
            frontend_id: Hex([0; 8]),
            source,
        };
        Record {
            sequence,
            time: SampleTime::default(),
            body: Body::Begin(begin),
        }
    }

    #[test]
    fn gaps_repeats_and_restarts_are_told_apart() {
        let mut verifier = Verifier::new();
        assert_eq!(verifier.record(&tag(10)), None);
        assert_eq!(verifier.record(&tag(11)), None);
        assert_eq!(
            verifier.record(&tag(11)),
            Some(Finding::Repeat {
                expected: 12,
                actual: 11
            })
        );
        assert_eq!(
            verifier.record(&tag(12)),
            None,
            "a repeat does not move the expectation"
        );
        assert_eq!(
            verifier.record(&tag(15)),
            Some(Finding::Gap {
                expected: 13,
                actual: 15,
                lost: 2
            })
        );
        assert_eq!(verifier.record(&begin(0)), Some(Finding::Restart));
        assert_eq!(verifier.record(&tag(1)), None);
        let counts = verifier.counts();
        assert_eq!(
            (counts.records, counts.lost, counts.repeats, counts.restarts),
            (7, 2, 1, 1)
        );
        assert!(!counts.is_clean());
    }

    #[test]
    fn a_restart_whose_begin_was_lost_is_seen_at_the_second_record() {
        let mut verifier = Verifier::new();
        let findings = [500, 501, 3, 4, 5].map(|sequence| verifier.record(&tag(sequence)));
        let repeat = Finding::Repeat {
            expected: 502,
            actual: 3,
        };
        assert_eq!(
            findings,
            [None, None, Some(repeat), Some(Finding::Restart), None]
        );
        assert_eq!(
            verifier.record(&tag(7)).map(|_| ()),
            Some(()),
            "a gap again"
        );
        assert_eq!(verifier.counts().lost, 1);
    }

    #[test]
    fn the_sequence_wraps() {
        let mut verifier = Verifier::new();
        for sequence in [u32::MAX - 1, u32::MAX, 0, 1] {
            assert_eq!(verifier.record(&tag(sequence)), None, "{sequence}");
        }
        assert!(verifier.counts().is_clean());
    }

    #[test]
    fn only_the_first_line_of_a_connection_may_start_in_the_middle() {
        let mut verifier = Verifier::new();
        assert!(verifier.line(b"usic,,jazz*0000").record.is_err());
        assert!(verifier.counts().is_clean());
        assert!(verifier.line(b"usic,,jazz*0000").record.is_err());
        assert_eq!(verifier.counts().bad_lines, 1);
        verifier.interrupted();
        assert!(verifier.line(b"usic,,jazz*0000").record.is_err());
        assert_eq!(verifier.counts().bad_lines, 1);
        assert!(verifier.line(b"$NDTAG,1*0000").record.is_err());
        assert_eq!(verifier.counts().crc_failures, 1);
    }
}
