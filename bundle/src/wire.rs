//! Walks a protobuf message without copying it.
//!
//! The digest is defined over the bytes of the file, and the metadata must be replaceable without touching
//! the graph; both need the position of each field, which a parsed message no longer has. Only the outermost
//! fields are visited. Numbers are those of onnx.proto.
use protobuf::CodedInputStream;
use std::ops::Range;

/// One field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Field number.
    pub(crate) number: u32,
    /// The whole field, tag included.
    pub(crate) whole: Range<usize>,
    /// What follows tag and length of a length-delimited field; empty for the other wire types.
    pub(crate) payload: Range<usize>,
    /// Value of a varint field; 0 for the other wire types.
    pub(crate) varint: u64,
}

/// Calls `visit` with each field of `message[range]`; positions count from the start of `message`.
///
/// The error is a reason without position: what lies in a damaged file is anyone's guess.
pub(crate) fn walk<E: From<String>>(
    message: &[u8],
    range: Range<usize>,
    mut visit: impl FnMut(Field) -> Result<(), E>,
) -> Result<(), E> {
    let base = range.start;
    let bytes = message
        .get(range)
        .ok_or_else(|| "a field leaves the file".to_owned())?;
    let mut input = CodedInputStream::from_bytes(bytes);
    let position = |input: &CodedInputStream<'_>| input.pos() as usize;
    let damaged = |failed: protobuf::Error| failed.to_string();
    loop {
        let start = position(&input);
        let Some(tag) = input.read_raw_tag_or_eof().map_err(damaged)? else {
            return Ok(());
        };
        let (mut payload, mut varint) = (0..0, 0);
        match tag & 7 {
            0 => varint = input.read_raw_varint64().map_err(damaged)?,
            1 => drop(input.read_raw_little_endian64().map_err(damaged)?),
            2 => {
                let length = input.read_raw_varint32().map_err(damaged)?;
                let from = position(&input);
                let to = from
                    .checked_add(length as usize)
                    .filter(|&to| to <= bytes.len());
                let to = to.ok_or_else(|| "the file ends inside a field".to_owned())?;
                input.skip_raw_bytes(length).map_err(damaged)?;
                payload = base + from..base + to;
            }
            5 => drop(input.read_raw_little_endian32().map_err(damaged)?),
            other => return Err(format!("unknown wire type {other}").into()),
        }
        let number = tag >> 3;
        if number == 0 {
            return Err("field number 0".to_owned().into());
        }
        visit(Field {
            number,
            whole: base + start..base + position(&input),
            payload,
            varint,
        })?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, walk};
    use proptest::prelude::*;

    fn fields(bytes: &[u8]) -> Result<Vec<Field>, String> {
        let mut found = Vec::new();
        walk::<String>(bytes, 0..bytes.len(), |field| {
            found.push(field);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn positions_cover_the_message() {
        // Field 1 varint 300, field 2 "hi", field 3 fixed32, field 4 fixed64.
        let bytes = [
            8, 0xac, 2, 18, 2, b'h', b'i', 29, 1, 0, 0, 0, 33, 1, 0, 0, 0, 0, 0, 0, 0,
        ];
        let found = fields(&bytes).unwrap();
        let numbers: Vec<u32> = found.iter().map(|field| field.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(found[0].varint, 300);
        assert_eq!(&bytes[found[1].payload.clone()], b"hi");
        assert_eq!(
            found.iter().map(|field| field.whole.len()).sum::<usize>(),
            bytes.len()
        );
    }

    #[test]
    fn refuses_what_is_no_message() {
        for bytes in [
            &[18, 200][..],
            &[0x0b][..],
            &[0x00, 0x00][..],
            b"plain text, no model",
        ] {
            assert!(fields(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_fields_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(found) = fields(&bytes) {
                prop_assert_eq!(found.iter().map(|field| field.whole.len()).sum::<usize>(), bytes.len());
            }
        }
    }
}
