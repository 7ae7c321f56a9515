//! The last line, and whether it is good: what was heard in, totals and yes or no out.

use std::io::Write;

use anyhow::{Context as _, Result};

use super::course::End;
use super::listen::Heard;
use crate::monitor::plain;

/// Whether there were records, none lost or damaged, from one start of the program to the end that was asked for.
pub(crate) fn is_good(heard: &Heard) -> bool {
    let counts = heard.session.counts();
    counts.records > 0 && counts.is_clean() && counts.restarts == 0 && heard.end == End::Done
}

/// Writes the board's last counters and the totals.
///
/// # Errors
/// Standard output.
pub(crate) fn say(heard: &Heard, out: &mut dyn Write) -> Result<()> {
    let mut lines = String::new();
    if let Some(status) = &heard.session.status {
        lines.push_str(&format!(
            "emulate: the board counted: {}\n",
            plain::board(status)
        ));
    }
    lines.push_str(&format!("emulate: {}\n", totals(heard)));
    out.write_all(lines.as_bytes())
        .and_then(|()| out.flush())
        .context("could not write to stdout")
}

fn totals(heard: &Heard) -> String {
    let counts = heard.session.counts();
    let mut line = format!("{} records, {} lost", counts.records, counts.lost);
    for (count, what) in [
        (counts.crc_failures, "CRC failures"),
        (counts.bad_lines, "unreadable lines"),
        (counts.repeats, "repeated"),
        (counts.restarts, "restarts of the program"),
    ] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    match heard.first_after {
        Some(after) => line.push_str(&format!(", first after {:.1} s", after.as_secs_f64())),
        None if counts.records == 0 => line.push_str(", no first one"),
        None => line.push_str(", first after an unknown time: init did not tell its start"),
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{is_good, say};
    use crate::emulate::console::Console;
    use crate::emulate::course::End;
    use crate::emulate::listen::Heard;
    use crate::monitor::session::Session;
    use needledrop_protocol::{Format, encode, parse};
    use std::time::Duration;

    fn heard(sequences: &[u32], end: End) -> Heard {
        let mut session = Session::new();
        for &sequence in sequences {
            let mut record = parse(b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464").unwrap();
            record.sequence = sequence;
            session.line(encode(&record, Format::Nmea).as_bytes());
        }
        Heard {
            session,
            records: Vec::new(),
            first_after: (!sequences.is_empty()).then_some(Duration::from_millis(8_340)),
            end,
            console: Console::default(),
        }
    }

    fn last_line(heard: &Heard) -> String {
        let mut out = Vec::new();
        say(heard, &mut out).unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .last()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn the_last_line_is_the_contract() {
        let good = heard(&[0, 1, 2], End::Done);
        assert!(is_good(&good));
        assert_eq!(
            last_line(&good),
            "emulate: 3 records, 0 lost, first after 8.3 s"
        );
    }

    #[test]
    fn no_records_lost_records_and_other_ends_are_no_good() {
        assert!(!is_good(&heard(&[], End::Done)));
        assert_eq!(
            last_line(&heard(&[], End::Done)),
            "emulate: 0 records, 0 lost, no first one"
        );
        let gap = heard(&[0, 1, 3], End::Done);
        assert!(!is_good(&gap));
        assert!(last_line(&gap).starts_with("emulate: 3 records, 1 lost"));
        assert!(!is_good(&heard(&[0, 1], End::Interrupted)));
        assert!(!is_good(&heard(&[0, 1], End::Broken("panic".to_owned()))));
    }
}
