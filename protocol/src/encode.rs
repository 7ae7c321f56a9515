//! Record to line.
use crate::{Record, jsonl, nmea};
use core::{fmt, str};

/// Longest line with its line end, in bytes: three texts of 64 bytes, each byte six characters as JSON `\u` escapes, plus all
/// names and the longest numbers. The test `the_longest_records_fit` holds it.
pub const MAX_LINE_BYTES: usize = 2048;

/// A line as it goes out, line end included.
pub type Line = heapless::String<MAX_LINE_BYTES>;

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `$NDTAG,...*CRC16` with CR LF.
    #[default]
    Nmea,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// Name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nmea => "nmea",
            Self::Jsonl => "jsonl",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl str::FromStr for Format {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Nmea, Self::Jsonl]
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or("expected nmea or jsonl")
    }
}

/// The line of a record, line end included.
///
/// ```
/// use needledrop_protocol::{Format, encode, parse};
/// let record = parse(b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464").unwrap();
/// assert!(encode(&record, Format::Jsonl).starts_with(r#"{"type":"tag","sequence":0,"#));
/// ```
pub fn encode(record: &Record, format: Format) -> Line {
    match format {
        Format::Nmea => nmea::encode(record),
        Format::Jsonl => jsonl::encode(record),
    }
}
