//! The one list of fields of each record, in wire order, for both formats.
//!
//! `write` and `read` walk the same fields in the same order; a format only says how one field looks.
use crate::{
    Begin, Body, Candidate, Error, Hex, MAX_CANDIDATES, PROTOCOL_VERSION, Record, SampleTime,
    State, Status, Tag, Text, kind::Kind, record::MAX_PERMILLE,
};
use core::str::FromStr;

/// What a number without sign must be, in either format.
pub(crate) const UNSIGNED: &str = "a whole number";
/// What a number with a sign must be, in either format.
pub(crate) const SIGNED: &str = "a whole number, negative or not";
/// What a number of 32 bits must be.
const U32: &str = "0 to 4294967295";
/// What a number of 16 bits with a sign must be.
const I16: &str = "-32768 to 32767";
/// What a probability must be, up to [`MAX_PERMILLE`].
const PERMILLE: &str = "0 to 1000";
/// What a number of events or samples must be.
const COUNT: &str = "a count";

/// Names of the label and probability of each candidate.
const CANDIDATE_FIELDS: [(&str, &str); MAX_CANDIDATES] = [
    ("genre", "probability_permille"),
    ("second", "second_permille"),
    ("third", "third_permille"),
];

/// Where fields are written.
pub(crate) trait Sink {
    fn unsigned(&mut self, field: &'static str, value: Option<u64>);
    fn signed(&mut self, field: &'static str, value: Option<i64>);
    fn flag(&mut self, field: &'static str, value: bool);
    /// `None` and the empty text are the same in a sentence.
    fn text(&mut self, field: &'static str, value: Option<&str>);
}

pub(crate) fn write(record: &Record, sink: &mut impl Sink) {
    sink.unsigned("sequence", Some(record.sequence.into()));
    sink.unsigned("time_samples", Some(record.time.samples));
    sink.unsigned("rate_hz", Some(record.time.rate_hz.into()));
    match &record.body {
        Body::Begin(begin) => write_begin(begin, sink),
        Body::Tag(tag) => write_tag(tag, sink),
        Body::Status(status) => write_status(status, sink),
    }
}

fn write_begin(begin: &Begin, sink: &mut impl Sink) {
    sink.unsigned("protocol", Some(PROTOCOL_VERSION.into()));
    sink.text("firmware", Some(begin.firmware.as_str()));
    sink.text("model", Some(begin.model.as_str()));
    sink.text("model_digest", Some(&begin.model_digest.to_string()));
    sink.text("frontend_id", Some(&begin.frontend_id.to_string()));
    sink.text("source", Some(begin.source.as_str()));
}

fn write_state(state: State, sink: &mut impl Sink) {
    sink.text("state", Some(state.name()));
    sink.text(
        "cause",
        Some(state.cause()).filter(|cause| !cause.is_empty()),
    );
}

fn write_tag(tag: &Tag, sink: &mut impl Sink) {
    write_state(tag.state, sink);
    for (rank, (label, permille)) in CANDIDATE_FIELDS.into_iter().enumerate() {
        let candidate = tag.candidates.get(rank);
        sink.text(label, candidate.map(|candidate| candidate.label.as_str()));
        sink.unsigned(
            permille,
            candidate.map(|candidate| candidate.permille.into()),
        );
    }
    sink.signed("level_dbfs_x10", tag.level_dbfs_x10.map(Into::into));
    sink.flag("short", tag.short);
    sink.flag("last", tag.last);
}

fn write_status(status: &Status, sink: &mut impl Sink) {
    write_state(status.state, sink);
    sink.signed("level_dbfs_x10", status.level_dbfs_x10.map(Into::into));
    sink.unsigned("clipped_samples", Some(status.clipped_samples));
    sink.unsigned("overrun_samples", Some(status.overrun_samples));
    sink.unsigned("dropped_records", Some(status.dropped_records));
    sink.unsigned("audio_restarts", Some(status.audio_restarts.into()));
    sink.unsigned("serial_restarts", Some(status.serial_restarts.into()));
    sink.unsigned("model_rate_hz", Some(status.model_rate_hz.into()));
    sink.text("model_digest", Some(&status.model_digest.to_string()));
    sink.unsigned(
        "real_time_factor_permille",
        status.real_time_factor_permille.map(Into::into),
    );
    sink.signed(
        "temperature_c_x10",
        status.temperature_c_x10.map(Into::into),
    );
}

/// Where fields are read; `None` is a field without a value.
pub(crate) trait Source {
    fn unsigned(&mut self, field: &'static str) -> Result<Option<u64>, Error>;
    fn signed(&mut self, field: &'static str) -> Result<Option<i64>, Error>;
    fn flag(&mut self, field: &'static str) -> Result<Option<bool>, Error>;
    fn text(&mut self, field: &'static str) -> Result<Option<String>, Error>;
}

/// A source and the name of the record it holds, for errors.
struct Reader<'a, S> {
    record: &'static str,
    source: &'a mut S,
}

pub(crate) fn read(kind: Kind, source: &mut impl Source) -> Result<Record, Error> {
    let mut reader = Reader {
        record: kind.name(),
        source,
    };
    let sequence = reader.number("sequence", U32)?;
    let samples = reader.number("time_samples", "a number of samples")?;
    let rate_hz = reader.number("rate_hz", U32)?;
    let body = match kind {
        Kind::Begin => Body::Begin(reader.begin()?),
        Kind::Tag => Body::Tag(reader.tag()?),
        Kind::Status => Body::Status(reader.status()?),
    };
    Ok(Record {
        sequence,
        time: SampleTime { samples, rate_hz },
        body,
    })
}

impl<S: Source> Reader<'_, S> {
    fn missing(&self, field: &'static str) -> Error {
        Error::MissingField {
            record: self.record,
            field,
        }
    }

    fn bad(&self, field: &'static str, expected: &'static str, actual: &impl ToString) -> Error {
        Error::bad_field(self.record, field, expected, &actual.to_string())
    }

    fn maybe_number<T: TryFrom<u64>>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.source.unsigned(field)? else {
            return Ok(None);
        };
        T::try_from(value)
            .map(Some)
            .map_err(|_| self.bad(field, expected, &value))
    }

    fn number<T: TryFrom<u64>>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<T, Error> {
        self.maybe_number(field, expected)?
            .ok_or_else(|| self.missing(field))
    }

    fn maybe_signed(&mut self, field: &'static str) -> Result<Option<i16>, Error> {
        let Some(value) = self.source.signed(field)? else {
            return Ok(None);
        };
        i16::try_from(value)
            .map(Some)
            .map_err(|_| self.bad(field, I16, &value))
    }

    fn flag(&mut self, field: &'static str) -> Result<bool, Error> {
        self.source.flag(field)?.ok_or_else(|| self.missing(field))
    }

    fn text(&mut self, field: &'static str) -> Result<Text, Error> {
        let text = self.source.text(field)?.unwrap_or_default();
        Text::whole(&text).ok_or_else(|| self.bad(field, Text::EXPECTED, &text))
    }

    fn hex<H: FromStr>(&mut self, field: &'static str, expected: &'static str) -> Result<H, Error> {
        let text = self
            .source
            .text(field)?
            .ok_or_else(|| self.missing(field))?;
        text.parse().map_err(|_| self.bad(field, expected, &text))
    }

    fn digest(&mut self) -> Result<Hex<4>, Error> {
        self.hex("model_digest", "8 lower-case hex digits")
    }

    fn state(&mut self) -> Result<State, Error> {
        let name = self
            .source
            .text("state")?
            .ok_or_else(|| self.missing("state"))?;
        let cause = self.source.text("cause")?.unwrap_or_default();
        State::from_names(&name, &cause).ok_or_else(|| {
            let expected =
                "music, uncertain, no-music (level, model) or no-audio (lost, muted, starved)";
            self.bad("state", expected, &format!("{name} {cause}"))
        })
    }

    fn begin(&mut self) -> Result<Begin, Error> {
        let protocol = self.number("protocol", "a version number")?;
        if protocol > PROTOCOL_VERSION {
            return Err(Error::Version {
                expected: PROTOCOL_VERSION,
                actual: protocol,
            });
        }
        Ok(Begin {
            firmware: self.text("firmware")?,
            model: self.text("model")?,
            model_digest: self.digest()?,
            frontend_id: self.hex("frontend_id", "16 lower-case hex digits")?,
            source: self.text("source")?,
        })
    }

    fn tag(&mut self) -> Result<Tag, Error> {
        let state = self.state()?;
        let candidates = self.candidates()?;
        if state == State::Music && candidates.is_empty() {
            return Err(self.missing("probability_permille"));
        }
        Ok(Tag {
            state,
            candidates,
            level_dbfs_x10: self.maybe_signed("level_dbfs_x10")?,
            short: self.flag("short")?,
            last: self.flag("last")?,
        })
    }

    /// A candidate is there when its probability is; ranks have no holes.
    fn candidates(&mut self) -> Result<heapless::Vec<Candidate, MAX_CANDIDATES>, Error> {
        let mut candidates = heapless::Vec::new();
        for (rank, (label, permille)) in CANDIDATE_FIELDS.into_iter().enumerate() {
            let text = self.text(label)?;
            let Some(value) = self.maybe_number::<u16>(permille, PERMILLE)? else {
                if text.is_empty() {
                    continue;
                }
                return Err(self.missing(permille));
            };
            if value > MAX_PERMILLE {
                return Err(self.bad(permille, PERMILLE, &value));
            }
            if candidates.len() < rank {
                return Err(self.bad(permille, "no value, as an earlier rank has none", &value));
            }
            let full = candidates.push(Candidate {
                label: text,
                permille: value,
            });
            debug_assert!(full.is_ok(), "there are as many field pairs as places");
        }
        Ok(candidates)
    }

    fn status(&mut self) -> Result<Status, Error> {
        Ok(Status {
            state: self.state()?,
            level_dbfs_x10: self.maybe_signed("level_dbfs_x10")?,
            clipped_samples: self.number("clipped_samples", COUNT)?,
            overrun_samples: self.number("overrun_samples", COUNT)?,
            dropped_records: self.number("dropped_records", COUNT)?,
            audio_restarts: self.number("audio_restarts", U32)?,
            serial_restarts: self.number("serial_restarts", U32)?,
            model_rate_hz: self.number("model_rate_hz", U32)?,
            model_digest: self.digest()?,
            real_time_factor_permille: self.maybe_number("real_time_factor_permille", U32)?,
            temperature_c_x10: self.maybe_signed("temperature_c_x10")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{I16, MAX_PERMILLE, PERMILLE, Text, U32};

    #[test]
    fn bounds_in_words_are_those_of_the_values() {
        assert_eq!(U32, format!("0 to {}", u32::MAX));
        assert_eq!(I16, format!("{} to {}", i16::MIN, i16::MAX));
        assert_eq!(PERMILLE, format!("0 to {MAX_PERMILLE}"));
        assert_eq!(Text::EXPECTED, format!("at most {} bytes", Text::MAX_BYTES));
    }
}
