//! Records' values as words and figures with units, for people.

use std::time::Duration;

use needledrop_protocol::{Candidate, Counts, State};

/// The text with control characters, and those that reorder text, made visible as `?`.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars()
        .map(|c| if hidden(c) { '?' } else { c })
        .collect()
}

/// Tenths of a dB re full scale.
pub(crate) fn level(dbfs_x10: Option<i16>) -> String {
    dbfs_x10.map_or_else(
        || "silent".to_owned(),
        |tenths| format!("{:.1} dBFS", f64::from(tenths) / 10.0),
    )
}

/// A probability in 1/1000, in whole per cent.
pub(crate) fn percent(permille: u16) -> String {
    format!("{:.0} %", f64::from(permille) / 10.0)
}

/// `jazz 87 %`
pub(crate) fn candidate(candidate: &Candidate) -> String {
    format!(
        "{} {}",
        printable(candidate.label.as_str()),
        percent(candidate.permille)
    )
}

/// `no-audio (lost)`
pub(crate) fn state(state: State) -> String {
    match state.cause() {
        "" => state.name().to_owned(),
        cause => format!("{} ({cause})", state.name()),
    }
}

/// Minutes, seconds and tenths of the input's own clock.
pub(crate) fn clock(milliseconds: u64) -> String {
    let tenths = milliseconds / 100;
    format!(
        "{:02}:{:02}.{}",
        tenths / 600,
        tenths / 10 % 60,
        tenths % 10
    )
}

/// A time that passed, `0:42` or `1:02:03`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
    }
}

/// The totals in one line.
pub(crate) fn totals(counts: &Counts) -> String {
    let mut line = format!(
        "{} records, {} lost, {} CRC failures",
        counts.records, counts.lost, counts.crc_failures
    );
    for (count, what) in [
        (counts.bad_lines, "unreadable lines"),
        (counts.repeats, "repeated"),
        (counts.restarts, "restarts"),
        (counts.unknown, "of an unknown kind"),
    ] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{clock, level, printable, span};
    use std::time::Duration;

    #[test]
    fn nothing_of_a_record_reaches_the_terminal_as_a_control_sequence() {
        assert_eq!(
            printable("\u{1b}[2Jjazz\r\n\u{202e}x\u{9b}"),
            "?[2Jjazz???x?"
        );
    }

    #[test]
    fn figures_have_units() {
        assert_eq!(level(Some(-214)), "-21.4 dBFS");
        assert_eq!(level(None), "silent");
        assert_eq!(clock(754_321), "12:34.3");
        assert_eq!(span(Duration::from_millis(42_900)), "0:42");
        assert_eq!(span(Duration::from_secs(3_723)), "1:02:03");
    }
}
