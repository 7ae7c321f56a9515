//! Fields by name in a JSON object, one a line.
use crate::{
    Error, Line, Record,
    fields::{self, Sink, Source},
    kind::Kind,
    lines::FITS,
};
use core::fmt::Write as _;
use serde_json::{Map, Value};

struct Object(Line);

impl Object {
    fn member(&mut self, field: &str, value: &str) {
        write!(self.0, ",\"{field}\":{value}").expect(FITS);
    }
}

/// A JSON string with its quotes.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn or_null(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

impl Sink for Object {
    fn unsigned(&mut self, field: &'static str, value: Option<u64>) {
        self.member(field, &or_null(value));
    }

    fn signed(&mut self, field: &'static str, value: Option<i64>) {
        self.member(field, &or_null(value));
    }

    fn flag(&mut self, field: &'static str, value: bool) {
        self.member(field, &value.to_string());
    }

    fn text(&mut self, field: &'static str, value: Option<&str>) {
        self.member(field, &or_null(value.map(quoted)));
    }
}

pub(crate) fn encode(record: &Record) -> Line {
    let mut object = Object(Line::new());
    write!(object.0, "{{\"type\":\"{}\"", Kind::of(&record.body).name()).expect(FITS);
    fields::write(record, &mut object);
    object.0.write_str("}\n").expect(FITS);
    object.0
}

struct Members {
    record: &'static str,
    map: Map<String, Value>,
}

impl Members {
    /// `None` for a member that is absent or null.
    fn member<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.map.get(field).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        read(value)
            .map(Some)
            .ok_or_else(|| Error::bad_field(self.record, field, expected, &value.to_string()))
    }
}

impl Source for Members {
    fn unsigned(&mut self, field: &'static str) -> Result<Option<u64>, Error> {
        self.member(field, fields::UNSIGNED, Value::as_u64)
    }

    fn signed(&mut self, field: &'static str) -> Result<Option<i64>, Error> {
        self.member(field, fields::SIGNED, Value::as_i64)
    }

    fn flag(&mut self, field: &'static str) -> Result<Option<bool>, Error> {
        self.member(field, "true or false", Value::as_bool)
    }

    fn text(&mut self, field: &'static str) -> Result<Option<String>, Error> {
        self.member(field, "a string", |value| value.as_str().map(str::to_owned))
    }
}

pub(crate) fn parse(line: &[u8]) -> Result<Record, Error> {
    let map: Map<String, Value> = serde_json::from_slice(line).map_err(|error| Error::Json {
        reason: error.to_string(),
    })?;
    let name = map.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::named(name, Kind::name)?;
    fields::read(
        kind,
        &mut Members {
            record: kind.name(),
            map,
        },
    )
}
