//! Records as JSON Lines, with what is wrong between them.

use needledrop_protocol::{Counts, Format, Record, encode};
use serde_json::json;

/// The record as the board itself would write it with `--format jsonl`, without a line end.
pub fn line(record: &Record) -> String {
    encode(record, Format::Jsonl).trim_end().to_owned()
}

/// `{"type":"remark","text":...}`: a failed checksum, a gap, a restart.
pub fn remark(text: &str) -> String {
    json!({ "type": "remark", "text": text }).to_string()
}

/// `{"type":"totals",...}`: last line, at the end of a file or stdin.
pub fn totals(counts: &Counts) -> String {
    json!({
        "type": "totals",
        "records": counts.records,
        "lost": counts.lost,
        "repeats": counts.repeats,
        "restarts": counts.restarts,
        "crc_failures": counts.crc_failures,
        "bad_lines": counts.bad_lines,
        "unknown": counts.unknown,
    })
    .to_string()
}
