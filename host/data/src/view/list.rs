//! The list that a feature holds: its bytes stay where they are until its values are asked for.

use super::fields::{Field, Fields, Payload, varint};

/// Most integers that are kept of a list at once: they take eight bytes each where a record may have one.
const MOST_INTS: usize = 1 << 16;

/// The list that a feature holds, undecoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum List<'a> {
    /// `BytesList`.
    Bytes(&'a [u8]),
    /// `FloatList`.
    Floats(&'a [u8]),
    /// `Int64List`.
    Ints(&'a [u8]),
    /// A feature without any list: TensorFlow writes it for "nothing".
    Empty,
}

impl<'a> List<'a> {
    /// The list's only byte string.
    pub(crate) fn bytes(self) -> Result<&'a [u8], String> {
        let Self::Bytes(message) = self else {
            return Err("is not a bytes_list".to_owned());
        };
        let mut only = None;
        let mut count = 0;
        for field in Fields(message) {
            if let (1, value) = field?.message()? {
                only = Some(value);
                count += 1;
            }
        }
        match (only, count) {
            (Some(value), 1) => Ok(value),
            _ => Err(format!("holds {count} byte strings, not 1")),
        }
    }

    /// The list's integers.
    pub(crate) fn ints(self) -> Result<Vec<i64>, String> {
        let mut values = Vec::new();
        let mut count = 0;
        self.each_int(|value| {
            count += 1;
            if count <= MOST_INTS {
                values.push(value);
            }
        })?;
        match count {
            0..=MOST_INTS => Ok(values),
            _ => Err(format!(
                "holds {count} integers; at most {MOST_INTS} are read"
            )),
        }
    }

    /// Calls `visit` with each integer.
    pub(crate) fn each_int(self, mut visit: impl FnMut(i64)) -> Result<(), String> {
        let Self::Ints(message) = self else {
            return Err("is not an int64_list".to_owned());
        };
        for field in Fields(message) {
            match field? {
                Field {
                    number: 1,
                    payload: Payload::Message(mut packed),
                } => {
                    while !packed.is_empty() {
                        visit(varint(&mut packed)?.cast_signed());
                    }
                }
                Field {
                    number: 1,
                    payload: Payload::Varint(value),
                } => visit(value.cast_signed()),
                Field { number: 1, .. } => return Err("holds what are no integers".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Calls `visit` with each float.
    pub(crate) fn each_float(self, mut visit: impl FnMut(f32)) -> Result<(), String> {
        let Self::Floats(message) = self else {
            return Err("is not a float_list".to_owned());
        };
        for field in Fields(message) {
            match field? {
                Field {
                    number: 1,
                    payload: Payload::Message(packed),
                } => {
                    let (floats, rest) = packed.as_chunks();
                    if !rest.is_empty() {
                        return Err("ends inside a float".to_owned());
                    }
                    floats
                        .iter()
                        .for_each(|bytes| visit(f32::from_le_bytes(*bytes)));
                }
                Field {
                    number: 1,
                    payload: Payload::Fixed32(bytes),
                } => visit(f32::from_le_bytes(bytes)),
                Field { number: 1, .. } => return Err("holds what are no floats".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }
}
