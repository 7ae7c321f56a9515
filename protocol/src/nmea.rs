//! Fields by position in a checksummed sentence.
use crate::{
    Error, Line, Record,
    error::excerpt,
    escape,
    fields::{self, Sink, Source},
    kind::Kind,
    lines::FITS,
};
use core::fmt::Write as _;
use crc::{CRC_16_IBM_3740, Crc};

/// CRC-16/CCITT-FALSE, which the catalogue lists as CRC-16/IBM-3740: polynomial 1021, start FFFF, nothing reflected.
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// `*` and four hex digits.
const CRC_BYTES: usize = 5;

struct Sentence(Line);

impl Sentence {
    fn field(&mut self, write: impl FnOnce(&mut Line) -> core::fmt::Result) {
        self.0
            .write_char(',')
            .and_then(|()| write(&mut self.0))
            .expect(FITS);
    }
}

impl Sink for Sentence {
    fn unsigned(&mut self, _: &'static str, value: Option<u64>) {
        self.field(|line| value.map_or(Ok(()), |value| write!(line, "{value}")));
    }

    fn signed(&mut self, _: &'static str, value: Option<i64>) {
        self.field(|line| value.map_or(Ok(()), |value| write!(line, "{value}")));
    }

    fn flag(&mut self, _: &'static str, value: bool) {
        self.field(|line| line.write_char(if value { '1' } else { '0' }));
    }

    fn text(&mut self, _: &'static str, value: Option<&str>) {
        self.field(|line| escape::write(value.unwrap_or_default(), line));
    }
}

pub(crate) fn encode(record: &Record) -> Line {
    let mut sentence = Sentence(Line::new());
    write!(sentence.0, "${}", Kind::of(&record.body).sentence()).expect(FITS);
    fields::write(record, &mut sentence);
    let mut line = sentence.0;
    let crc = CRC.checksum(&line.as_bytes()[1..]);
    write!(line, "*{crc:04X}\r\n").expect(FITS);
    line
}

/// Fields not yet read.
struct Fields<'a> {
    record: &'static str,
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    /// `None` for an empty field; an error when the sentence has ended.
    fn next(&mut self, field: &'static str) -> Result<Option<&'a str>, Error> {
        let rest = self.rest.ok_or(Error::MissingField {
            record: self.record,
            field,
        })?;
        let (value, tail) = rest
            .split_once(',')
            .map_or((rest, None), |(value, tail)| (value, Some(tail)));
        self.rest = tail;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    fn bad(&self, field: &'static str, expected: &'static str, actual: &str) -> Error {
        Error::bad_field(self.record, field, expected, actual)
    }
}

/// Digits without sign or leading zeros: one number has one spelling.
fn canonical(digits: &str) -> bool {
    digits == "0" || (!digits.starts_with(['0', '+', '-']) && !digits.is_empty())
}

impl Source for Fields<'_> {
    fn unsigned(&mut self, field: &'static str) -> Result<Option<u64>, Error> {
        let Some(text) = self.next(field)? else {
            return Ok(None);
        };
        let value = Some(text)
            .filter(|text| canonical(text))
            .and_then(|text| text.parse().ok());
        value
            .map(Some)
            .ok_or_else(|| self.bad(field, fields::UNSIGNED, text))
    }

    fn signed(&mut self, field: &'static str) -> Result<Option<i64>, Error> {
        let Some(text) = self.next(field)? else {
            return Ok(None);
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        let value = Some(text)
            .filter(|text| canonical(digits) && *text != "-0")
            .and_then(|text| text.parse().ok());
        value
            .map(Some)
            .ok_or_else(|| self.bad(field, fields::SIGNED, text))
    }

    fn flag(&mut self, field: &'static str) -> Result<Option<bool>, Error> {
        match self.next(field)? {
            None => Ok(None),
            Some("0") => Ok(Some(false)),
            Some("1") => Ok(Some(true)),
            Some(other) => Err(self.bad(field, "0 or 1", other)),
        }
    }

    fn text(&mut self, field: &'static str) -> Result<Option<String>, Error> {
        let Some(text) = self.next(field)? else {
            return Ok(None);
        };
        let decoded =
            escape::read(text).ok_or_else(|| self.bad(field, "percent-encoded UTF-8", text))?;
        Ok(Some(decoded))
    }
}

/// Reads a sentence from `$` to the last CRC digit.
pub(crate) fn parse(line: &[u8]) -> Result<Record, Error> {
    if let Some(at) = line.iter().position(|&byte| !escape::is_printable(byte)) {
        return Err(Error::NotAscii { at, byte: line[at] });
    }
    let no_crc = || Error::NoCrc {
        end: excerpt(&line[line.len().saturating_sub(CRC_BYTES)..]),
    };
    let text = core::str::from_utf8(line).map_err(|_| no_crc())?;
    let (sentence, digits) = text
        .split_at_checked(text.len().saturating_sub(CRC_BYTES))
        .ok_or_else(no_crc)?;
    let digits = digits.strip_prefix('*').ok_or_else(no_crc)?;
    if !digits
        .bytes()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'))
    {
        return Err(no_crc());
    }
    let expected = u16::from_str_radix(digits, 16).map_err(|_| no_crc())?;
    let content = sentence.strip_prefix('$').ok_or_else(no_crc)?;
    let actual = CRC.checksum(content.as_bytes());
    if actual != expected {
        return Err(Error::Crc { expected, actual });
    }
    let (name, rest) = content
        .split_once(',')
        .map_or((content, None), |(name, rest)| (name, Some(rest)));
    let kind = Kind::named(name, Kind::sentence)?;
    fields::read(
        kind,
        &mut Fields {
            record: kind.name(),
            rest,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{CRC, canonical};

    #[test]
    fn the_checksum_is_ccitt_false() {
        assert_eq!(
            CRC.checksum(b"123456789"),
            0x29B1,
            "check value of the CRC catalogue"
        );
    }

    #[test]
    fn one_number_has_one_spelling() {
        assert!(canonical("0") && canonical("120"));
        assert!(
            ["", "00", "012", "+1", "-1"]
                .into_iter()
                .all(|digits| !canonical(digits))
        );
    }
}
