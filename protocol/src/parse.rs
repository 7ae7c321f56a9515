//! A line in either format to its record, or to what is wrong with it.
use crate::{Error, MAX_LINE_BYTES, Record, error::excerpt, jsonl, nmea};

/// Reads one line in either format, told apart by its first byte; the line end may be there or not.
///
/// # Errors
/// What is wrong and in which field; any bytes are allowed and none panics (test
/// `any_bytes_give_a_record_or_an_error`).
///
/// ```
/// let error = needledrop_protocol::parse(b"$NDTAG,7,132300,44100,music*0000").unwrap_err();
/// assert_eq!(error.to_string(), "checksum of the bytes is 28B1, the sentence says 0000");
/// ```
pub fn parse(line: &[u8]) -> Result<Record, Error> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Error::TooLong {
            expected: MAX_LINE_BYTES,
            actual: line.len(),
        });
    }
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.first() {
        Some(b'$') => nmea::parse(line),
        Some(b'{') => jsonl::parse(line),
        _ => Err(Error::NotARecord {
            start: excerpt(line),
        }),
    }
}
