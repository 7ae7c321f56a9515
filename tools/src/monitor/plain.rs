//! One readable line a record: levels in dBFS, probabilities in per cent, times in minutes and seconds.

use needledrop_protocol::{Begin, Body, Counts, Record, Status, Tag};

use super::words::{self, candidate, clock, level, printable, state};

/// The record in one line, without a line end.
///
/// ```
/// let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";
/// let record = needledrop_protocol::parse(line)?;
/// let shown = needledrop_tools::monitor::plain::line(&record);
/// assert_eq!(shown, "00:03.0 #7 music jazz 87 %, blues 10 %, rock 2 %, -21.4 dBFS");
/// # Ok::<(), needledrop_protocol::Error>(())
/// ```
pub fn line(record: &Record) -> String {
    let words = match &record.body {
        Body::Begin(it) => begin(it),
        Body::Tag(it) => tag(it),
        Body::Status(it) => status(it),
        _ => "record of a kind this monitor does not show".to_owned(),
    };
    format!(
        "{} #{} {words}",
        clock(record.time.milliseconds()),
        record.sequence
    )
}

/// The totals of a session in one line.
pub fn totals(counts: &Counts) -> String {
    words::totals(counts)
}

fn begin(begin: &Begin) -> String {
    format!(
        "begin {}, model {} {}, frontend {}, listening to {}",
        printable(begin.firmware.as_str()),
        printable(begin.model.as_str()),
        begin.model_digest,
        begin.frontend_id,
        printable(begin.source.as_str())
    )
}

fn tag(tag: &Tag) -> String {
    let mut line = state(tag.state);
    for (index, it) in tag.candidates.iter().enumerate() {
        line.push_str(if index == 0 { " " } else { ", " });
        line.push_str(&candidate(it));
    }
    line.push_str(&format!(", {}", level(tag.level_dbfs_x10)));
    if tag.short {
        line.push_str(", short clip");
    }
    if tag.last {
        line.push_str(", last of the clip");
    }
    line
}

fn status(status: &Status) -> String {
    format!(
        "status {}, {}, {}",
        state(status.state),
        level(status.level_dbfs_x10),
        board(status)
    )
}

/// Counters and measurements of the board itself.
pub(crate) fn board(status: &Status) -> String {
    let mut line = format!(
        "clipped {}, overruns {}, dropped {}, restarts {}",
        status.clipped_samples,
        status.overrun_samples,
        status.dropped_records,
        u64::from(status.audio_restarts) + u64::from(status.serial_restarts)
    );
    if let Some(permille) = status.real_time_factor_permille {
        line.push_str(&format!(", load {:.1} %", f64::from(permille) / 10.0));
    }
    if let Some(tenths) = status.temperature_c_x10 {
        line.push_str(&format!(", {:.1} °C", f64::from(tenths) / 10.0));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::line;
    use needledrop_protocol::parse;

    #[test]
    fn no_audio_names_its_cause() {
        let record = parse(b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464").unwrap();
        assert_eq!(line(&record), "00:00.0 #0 no-audio (lost), silent");
    }
}
