//! The fields of a protobuf message, one after the other and in place.
//!
//! # Source
//! Protobuf's encoding specification.

/// The fields of a message, in order.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// One field.
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) payload: Payload<'a>,
}

/// What a field holds, by its wire type.
pub(super) enum Payload<'a> {
    Varint(u64),
    Fixed64,
    Message(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Field<'a> {
    /// Number and bytes of a length-delimited field; number 0, which none has, for the other wire types.
    pub(super) fn message(self) -> Result<(u64, &'a [u8]), String> {
        match self.payload {
            Payload::Message(bytes) => Ok((self.number, bytes)),
            _ => Ok((0, &[])),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = next_field(&mut self.0);
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

fn next_field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, String> {
    let key = varint(rest)?;
    let payload = match key & 7 {
        0 => Payload::Varint(varint(rest)?),
        1 => {
            take(rest, 8)?;
            Payload::Fixed64
        }
        2 => {
            let length = varint(rest)?;
            Payload::Message(take(rest, usize::try_from(length).unwrap_or(usize::MAX))?)
        }
        5 => {
            let bytes = take(rest, 4)?;
            Payload::Fixed32(std::array::from_fn(|i| bytes[i]))
        }
        other => return Err(format!("it has a field of wire type {other}")),
    };
    match key >> 3 {
        0 => Err("it has a field numbered 0".to_owned()),
        number => Ok(Field { number, payload }),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, left) = rest
        .split_at_checked(length)
        .ok_or_else(|| "it ends inside a field".to_owned())?;
    *rest = left;
    Ok(taken)
}

/// Takes an integer: seven bits a byte, least significant first, at most ten bytes.
pub(super) fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for (index, &byte) in rest.iter().enumerate().take(10) {
        // The tenth byte holds the 64th bit alone.
        if index == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err("it has a number that is no varint".to_owned())
}
