//! The JSON of the topics `state` and `status`. Every key is always there; a value that is not known is `null`.

use needledrop_protocol::{Begin, Candidate, Counts, Record, Status, Tag};
use serde::Serialize;

/// What is heard.
#[derive(Serialize)]
struct State<'a> {
    state: &'static str,
    cause: Option<&'static str>,
    genre: Option<&'a str>,
    probability_percent: Option<f64>,
    second: Option<&'a str>,
    second_percent: Option<f64>,
    third: Option<&'a str>,
    third_percent: Option<f64>,
    level_dbfs: Option<f64>,
    sequence: u32,
    time_s: f64,
}

/// What is heard, for topic `state`.
pub(super) fn state(record: &Record, tag: &Tag) -> String {
    let label = |rank: usize| tag.candidates.get(rank).map(|it| it.label.as_str());
    let percent = |rank: usize| tag.candidates.get(rank).map(percent);
    json(&State {
        state: tag.state.name(),
        cause: Some(tag.state.cause()).filter(|cause| !cause.is_empty()),
        genre: label(0),
        probability_percent: percent(0),
        second: label(1),
        second_percent: percent(1),
        third: label(2),
        third_percent: percent(2),
        level_dbfs: tag.level_dbfs_x10.map(tenths),
        sequence: record.sequence,
        time_s: record.time.milliseconds() as f64 / 1_000.0,
    })
}

/// Records that did not arrive, and how often the broker was away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Records that this program could not publish.
    pub(super) unpublished: u64,
    /// Times that the broker was connected to again.
    pub(super) reconnects: u64,
}

/// Board, line and losses.
#[derive(Serialize)]
struct Health<'a> {
    firmware: Option<&'a str>,
    model: Option<&'a str>,
    model_digest: Option<String>,
    frontend_id: Option<String>,
    source: Option<&'a str>,
    level_dbfs: Option<f64>,
    temperature_c: Option<f64>,
    load_percent: Option<f64>,
    clipped_samples: Option<u64>,
    overrun_samples: Option<u64>,
    dropped_records: Option<u64>,
    audio_restarts: Option<u32>,
    serial_restarts: Option<u32>,
    records: u64,
    lost_records: u64,
    damaged_lines: u64,
    board_restarts: u64,
    unpublished_records: u64,
    broker_reconnects: u64,
}

/// Board, line and losses, for topic `status`.
pub(super) fn status(
    begin: Option<&Begin>,
    status: Option<&Status>,
    counts: &Counts,
    losses: &Losses,
) -> String {
    let model_digest = status
        .map(|it| it.model_digest)
        .or(begin.map(|it| it.model_digest));
    json(&Health {
        firmware: begin.map(|it| it.firmware.as_str()),
        model: begin.map(|it| it.model.as_str()),
        model_digest: model_digest.map(|it| it.to_string()),
        frontend_id: begin.map(|it| it.frontend_id.to_string()),
        source: begin.map(|it| it.source.as_str()),
        level_dbfs: status.and_then(|it| it.level_dbfs_x10).map(tenths),
        temperature_c: status.and_then(|it| it.temperature_c_x10).map(tenths),
        load_percent: status
            .and_then(|it| it.real_time_factor_permille)
            .map(|permille| f64::from(permille) / 10.0),
        clipped_samples: status.map(|it| it.clipped_samples),
        overrun_samples: status.map(|it| it.overrun_samples),
        dropped_records: status.map(|it| it.dropped_records),
        audio_restarts: status.map(|it| it.audio_restarts),
        serial_restarts: status.map(|it| it.serial_restarts),
        records: counts.records,
        lost_records: counts.lost,
        damaged_lines: counts.crc_failures + counts.bad_lines,
        board_restarts: counts.restarts,
        unpublished_records: losses.unpublished,
        broker_reconnects: losses.reconnects,
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers have a JSON form")
}

fn percent(candidate: &Candidate) -> f64 {
    f64::from(candidate.permille) / 10.0
}

fn tenths(value: i16) -> f64 {
    f64::from(value) / 10.0
}

#[cfg(test)]
mod tests {
    use super::{Losses, state, status};
    use needledrop_protocol::{Body, Counts, Record, parse};
    use serde_json::{Value, json};

    fn state_of(line: &[u8]) -> Value {
        let record: Record = parse(line).unwrap();
        let Body::Tag(tag) = &record.body else {
            unreachable!("a tag was parsed")
        };
        serde_json::from_str(&state(&record, tag)).unwrap()
    }

    #[test]
    fn a_tag_becomes_figures_with_units() {
        assert_eq!(
            state_of(b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C"),
            json!({
                "state": "music", "cause": null, "genre": "jazz", "probability_percent": 87.1,
                "second": "blues", "second_percent": 9.6, "third": "rock", "third_percent": 2.0,
                "level_dbfs": -21.4, "sequence": 1, "time_s": 3.0
            })
        );
    }

    #[test]
    fn what_is_not_known_is_null_and_there() {
        let quiet = state_of(b"$NDTAG,4,352800,44100,no-audio,muted,,,,,,,,0,0*FFDB");
        assert_eq!(quiet["cause"], "muted");
        for key in [
            "genre",
            "probability_percent",
            "second",
            "third",
            "level_dbfs",
        ] {
            assert_eq!(quiet.get(key), Some(&Value::Null), "{key}");
        }
        let unheard = status(None, None, &Counts::default(), &Losses::default());
        let unheard: Value = serde_json::from_str(&unheard).unwrap();
        assert_eq!(unheard.get("firmware"), Some(&Value::Null));
        assert_eq!(unheard["records"], 0);
    }
}
