//! A record to its line, in either format.
use crate::{Line, Record, jsonl, nmea};
use core::{fmt, str};

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
