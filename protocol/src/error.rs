//! What can be wrong with a line, in sentences that show what was there.

/// Why a line is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The line starts with neither `$` nor `{`.
    #[error("not a record: a line starts with `$` or `{{`, this one with {start:?}")]
    NotARecord {
        /// First characters of the line, made printable.
        start: String,
    },
    /// More bytes than a record can have.
    #[error("line of {actual} bytes; a record has at most {expected}")]
    TooLong {
        /// The bound.
        expected: usize,
        /// Bytes found.
        actual: usize,
    },
    /// A sentence byte outside printable ASCII.
    #[error("byte {byte:#04x} at {at} is not printable ASCII")]
    NotAscii {
        /// Offset in the line.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// No `*` with four upper-case hex digits at the end: a line cut short or mixed with another.
    #[error("sentence does not end in `*` and four upper-case hex digits; it ends in {end:?}")]
    NoCrc {
        /// Last characters of the line.
        end: String,
    },
    /// The checksum does not fit: bytes were lost or changed on the way.
    #[error("checksum of the bytes is {actual:04X}, the sentence says {expected:04X}")]
    Crc {
        /// Written in the sentence.
        expected: u16,
        /// Computed over the bytes.
        actual: u16,
    },
    /// A sentence or type this version does not know; readers skip it.
    #[error("unknown record {name:?}")]
    UnknownRecord {
        /// Sentence name or JSON type.
        name: String,
    },
    /// A newer grammar.
    #[error("records of protocol {actual}, this reader knows {expected}; update the reader")]
    Version {
        /// Newest version known here.
        expected: u32,
        /// Version of the sender.
        actual: u32,
    },
    /// The record ends before a field, or a required field is empty.
    #[error("{record} record has no {field}")]
    MissingField {
        /// Record name, `tag`.
        record: &'static str,
        /// Field name, `rate_hz`.
        field: &'static str,
    },
    /// A field that is there but can't be read.
    #[error("{record} record: {field} is {actual:?}, expected {expected}")]
    BadField {
        /// Record name, `tag`.
        record: &'static str,
        /// Field name, `rate_hz`.
        field: &'static str,
        /// What would have been right.
        expected: &'static str,
        /// What was there, made printable and cut to a readable length.
        actual: String,
    },
    /// Not a JSON object.
    #[error("not a JSON object: {reason}")]
    Json {
        /// The JSON parser's words, with line and column.
        reason: String,
    },
}

impl Error {
    /// A [`Error::BadField`] with an excerpt of what was there.
    pub(crate) fn bad_field(
        record: &'static str,
        field: &'static str,
        expected: &'static str,
        actual: &str,
    ) -> Self {
        Self::BadField {
            record,
            field,
            expected,
            actual: excerpt(actual.as_bytes()),
        }
    }
}

/// Bytes from outside made fit for a message: lossy UTF-8 and not too long; the caller's `{:?}` escapes controls.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const CHARACTERS: usize = 32;
    String::from_utf8_lossy(bytes)
        .chars()
        .take(CHARACTERS)
        .collect()
}
