//! TFRecord framing: length, masked CRC-32C of the length, data, masked CRC-32C of the data.
//!
//! # Source
//! TensorFlow, `tensorflow/core/lib/io/record_writer.h` and `tensorflow/core/lib/hash/crc32c.h`.

use std::io::{ErrorKind, Read, Write};

/// Bytes around the data: `u64` length, `u32` CRC of it, `u32` CRC of the data.
const HEADER_BYTES: usize = 12;
const FOOTER_BYTES: usize = 4;

/// The stored form of a checksum, which keeps a CRC from being computed over embedded CRCs.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// Writes one record; gives the bytes written.
pub(crate) fn write_record(out: &mut impl Write, data: &[u8]) -> std::io::Result<u64> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked_crc(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&masked_crc(data).to_le_bytes())?;
    Ok((HEADER_BYTES + data.len() + FOOTER_BYTES) as u64)
}

/// What reading had to leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Losses {
    /// Records whose checksum fails; the ones after them are read.
    pub bad_crc: u64,
    /// Shards that end in the middle of a record, or whose record lengths can't be trusted from some point on.
    pub truncated_shards: u64,
}

impl Losses {
    /// Nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.bad_crc += other.bad_crc;
        self.truncated_shards += other.truncated_shards;
    }
}

/// Reads records; memory is bounded by the bytes that are really there, never by a stored length.
pub(crate) struct Reader<R> {
    source: R,
    remaining_bytes: u64,
    data: Vec<u8>,
    index: u64,
    losses: Losses,
}

impl<R: Read> Reader<R> {
    /// For a source of `total_bytes` bytes.
    pub(crate) fn new(source: R, total_bytes: u64) -> Self {
        Self {
            source,
            remaining_bytes: total_bytes,
            data: Vec::new(),
            index: 0,
            losses: Losses::default(),
        }
    }

    pub(crate) fn losses(&self) -> Losses {
        self.losses
    }

    /// The next sound record and its position in the file, counting unsound ones; `None` at the end.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<(u64, &[u8])>> {
        while self.remaining_bytes > 0 {
            let mut header = [0u8; HEADER_BYTES];
            let framing_bytes = (HEADER_BYTES + FOOTER_BYTES) as u64;
            if self.remaining_bytes < framing_bytes || !self.fill(&mut header)? {
                return Ok(self.lose_tail());
            }
            let (length_bytes, length_crc) = header.split_at(8);
            let length = u64::from_le_bytes(to_array(length_bytes));
            // A length that can't be trusted leaves no way to find the next record.
            if masked_crc(length_bytes) != u32::from_le_bytes(to_array(length_crc))
                || length > self.remaining_bytes - framing_bytes
            {
                return Ok(self.lose_tail());
            }
            let Ok(length_in_memory) = usize::try_from(length) else {
                return Ok(self.lose_tail());
            };
            let mut data = std::mem::take(&mut self.data);
            data.resize(length_in_memory, 0);
            let mut footer = [0u8; FOOTER_BYTES];
            let complete = self.fill(&mut data)? && self.fill(&mut footer)?;
            self.data = data;
            if !complete {
                return Ok(self.lose_tail());
            }
            self.remaining_bytes -= framing_bytes + length;
            let index = self.index;
            self.index += 1;
            if masked_crc(&self.data) == u32::from_le_bytes(footer) {
                return Ok(Some((index, self.data.as_slice())));
            }
            self.losses.bad_crc += 1;
        }
        Ok(None)
    }

    fn lose_tail<T>(&mut self) -> Option<T> {
        self.losses.truncated_shards += 1;
        self.remaining_bytes = 0;
        None
    }

    /// Fills `bytes`; false when the source ends before (it shrank while being read).
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<bool> {
        match self.source.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn to_array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> (Vec<(u64, Vec<u8>)>, Losses) {
        let mut reader = Reader::new(bytes, bytes.len() as u64);
        let mut records = Vec::new();
        while let Some((index, data)) = reader.next().unwrap() {
            records.push((index, data.to_vec()));
        }
        (records, reader.losses())
    }

    fn written(records: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for record in records {
            write_record(&mut out, record).unwrap();
        }
        out
    }

    #[test]
    fn framing_is_tensorflows() {
        // Record "abc" as tf.io.TFRecordWriter of tensorflow-cpu 2.21.0 writes it.
        let expected = [
            3, 0, 0, 0, 0, 0, 0, 0, 176, 153, 73, 14, b'a', b'b', b'c', 110, 87, 241, 33,
        ];
        assert_eq!(written(&[b"abc"]), expected);
    }

    #[test]
    fn a_damaged_record_is_counted_and_the_next_is_read() {
        let mut bytes = written(&[b"one", b"two", b"three"]);
        let second_data = 2 * (HEADER_BYTES + FOOTER_BYTES) - FOOTER_BYTES + 3;
        bytes[second_data] ^= 1;
        let (records, losses) = read_all(&bytes);
        assert_eq!(records, [(0, b"one".to_vec()), (2, b"three".to_vec())]);
        assert_eq!(
            losses,
            Losses {
                bad_crc: 1,
                truncated_shards: 0
            }
        );
    }

    #[test]
    fn a_truncated_file_loses_its_tail_only() {
        let bytes = written(&[b"one", b"two"]);
        for cut in 1..HEADER_BYTES + FOOTER_BYTES + 3 {
            let (records, losses) = read_all(&bytes[..bytes.len() - cut]);
            assert_eq!(records, [(0, b"one".to_vec())], "cut {cut}");
            assert_eq!(
                losses,
                Losses {
                    bad_crc: 0,
                    truncated_shards: 1
                },
                "cut {cut}"
            );
        }
    }

    #[test]
    fn a_huge_stored_length_allocates_nothing() {
        let length = u64::MAX.to_le_bytes();
        let mut bytes = length.to_vec();
        bytes.extend(masked_crc(&length).to_le_bytes());
        bytes.extend([0; 64]);
        let (records, losses) = read_all(&bytes);
        assert!(records.is_empty());
        assert_eq!(losses.truncated_shards, 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read_all(&bytes);
        }

        #[test]
        fn records_round_trip(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..8)) {
            let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            let (read, losses) = read_all(&written(&slices));
            prop_assert_eq!(read.into_iter().map(|(_, data)| data).collect::<Vec<_>>(), records);
            prop_assert!(losses.is_empty());
        }

        #[test]
        fn one_flipped_byte_never_gives_a_wrong_record(position in 0usize..57, flip in 1u8..) {
            let mut bytes = written(&[b"one", b"two", b"six"]);
            bytes[position] ^= flip;
            let (records, losses) = read_all(&bytes);
            prop_assert!(!losses.is_empty());
            for (_, data) in records {
                prop_assert!([b"one", b"two", b"six"].iter().any(|sound| sound.as_slice() == data));
            }
        }
    }
}
