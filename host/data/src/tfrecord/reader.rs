//! From the bytes of a TFRecord file to its records, in place; damaged ones are counted.

use super::frame::{FOOTER_BYTES, FRAMING_BYTES, HEADER_BYTES, masked_crc};
use crate::Losses;
use std::io::{ErrorKind, Read};

/// How TFRecord files begin that were written with GZIP.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// Bytes read at once: large enough that a call to the system costs nothing beside copying, small enough for the cache.
const BLOCK_BYTES: usize = 1 << 18;
/// Longest record that is read. A `tf.train.Example` of an hour of sound as floats has 317 MB.
const LONGEST_RECORD_BYTES: u64 = 1 << 29;

/// One sound record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Position among the records of the file, unsound ones counted.
    pub index: u64,
    /// Where its data begins in the file.
    pub offset: u64,
    /// The stored checksum of its data.
    pub crc: u32,
    /// Its data.
    pub data: &'a [u8],
}

impl Record<'_> {
    /// Where in the file the next record begins.
    pub fn end(&self) -> u64 {
        self.offset + (self.data.len() + FOOTER_BYTES) as u64
    }

    /// Where in the file `part`, a piece of this record's data, begins.
    pub fn offset_of(&self, part: &[u8]) -> u64 {
        self.offset + (part.as_ptr().addr() - self.data.as_ptr().addr()) as u64
    }
}

/// Reads records in place out of one buffer.
///
/// The buffer is `BLOCK_BYTES`, or as long as the longest record so far; it grows as bytes arrive, never on the word of
/// a stored length.
pub struct Reader<R> {
    source: R,
    /// Where in the file `buffer[start]` is from.
    position: u64,
    total_bytes: u64,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    index: u64,
    losses: Losses,
}

impl<R: Read> Reader<R> {
    /// For a source of `total_bytes` bytes.
    pub fn new(source: R, total_bytes: u64) -> Self {
        Self {
            source,
            position: 0,
            total_bytes,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            index: 0,
            losses: Losses::default(),
        }
    }

    /// What had to be left out so far.
    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// Records so far, unsound ones counted.
    pub fn records(&self) -> u64 {
        self.index
    }

    /// The next sound record; `None` at the end.
    ///
    /// # Errors
    /// The operating system's; a record longer than `LONGEST_RECORD_BYTES`.
    pub fn next_record(&mut self) -> std::io::Result<Option<Record<'_>>> {
        loop {
            let left = self.total_bytes - self.position;
            if left == 0 {
                return Ok(None);
            }
            if left < FRAMING_BYTES || !self.fill(HEADER_BYTES)? {
                return Ok(self.lose_tail());
            }
            let (length_bytes, length_crc) = self.buffer[self.start..][..HEADER_BYTES].split_at(8);
            let length = u64::from_le_bytes(to_array(length_bytes));
            let sound = masked_crc(length_bytes) == u32::from_le_bytes(to_array(length_crc));
            if !sound && self.index == 0 && length_bytes.starts_with(&GZIP) {
                return Err(compressed());
            }
            // A length that can't be trusted leaves no way to find the next record.
            if !sound || length > left - FRAMING_BYTES {
                return Ok(self.lose_tail());
            }
            let bytes = match usize::try_from(length) {
                Ok(bytes) if length <= LONGEST_RECORD_BYTES => bytes,
                _ => return Err(too_long(self.index, length)),
            };
            let whole = HEADER_BYTES + bytes + FOOTER_BYTES;
            if !self.fill(whole)? {
                return Ok(self.lose_tail());
            }
            let at = self.start + HEADER_BYTES;
            let record = Record {
                index: self.index,
                offset: self.position + HEADER_BYTES as u64,
                crc: u32::from_le_bytes(to_array(&self.buffer[at + bytes..][..FOOTER_BYTES])),
                data: &[],
            };
            self.start += whole;
            self.position += whole as u64;
            self.index += 1;
            if masked_crc(&self.buffer[at..at + bytes]) == record.crc {
                return Ok(Some(Record {
                    data: &self.buffer[at..at + bytes],
                    ..record
                }));
            }
            self.losses.bad_crc += 1;
        }
    }

    fn lose_tail<T>(&mut self) -> Option<T> {
        self.losses.truncated_shards += 1;
        self.position = self.total_bytes;
        None
    }

    /// Sees that `bytes` bytes follow `start`; false when the source ends before (it shrank while being read).
    fn fill(&mut self, bytes: usize) -> std::io::Result<bool> {
        while self.end - self.start < bytes {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.end == self.buffer.len() {
                let longer = (2 * self.buffer.len()).min(bytes);
                self.buffer.resize(longer.max(BLOCK_BYTES), 0);
            }
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

fn compressed() -> std::io::Error {
    let reason = "it is compressed with gzip; write it without (`TFRecordOptions(compression_type='')`) or unpack it";
    std::io::Error::new(ErrorKind::InvalidData, reason)
}

fn too_long(index: u64, bytes: u64) -> std::io::Error {
    std::io::Error::new(
        ErrorKind::InvalidData,
        format!(
            "record {index} has {bytes} bytes; at most {LONGEST_RECORD_BYTES} are read, store it in pieces"
        ),
    )
}

fn to_array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tfrecord::frame::write_record;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> (Vec<(u64, Vec<u8>)>, Losses) {
        let mut reader = Reader::new(bytes, bytes.len() as u64);
        let mut records = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let at = record.offset as usize;
            assert_eq!(&bytes[at..at + record.data.len()], record.data);
            records.push((record.index, record.data.to_vec()));
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
                ..Losses::default()
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
                    truncated_shards: 1,
                    ..Losses::default()
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

    #[test]
    fn the_buffer_grows_with_bytes_that_are_there_not_with_a_length() {
        let length = (400_u64 << 20).to_le_bytes();
        let mut bytes = length.to_vec();
        bytes.extend(masked_crc(&length).to_le_bytes());
        bytes.resize(1 << 20, 0);
        // The file was longer when it was opened, or is said to be.
        let mut reader = Reader::new(&bytes[..], 1 << 40);
        assert_eq!(reader.next_record().unwrap(), None);
        assert_eq!(reader.losses().truncated_shards, 1);
        assert!(reader.buffer.len() <= 2 * bytes.len());

        let length = (600_u64 << 20).to_le_bytes();
        bytes[..8].copy_from_slice(&length);
        bytes[8..12].copy_from_slice(&masked_crc(&length).to_le_bytes());
        let mut reader = Reader::new(&bytes[..], 1 << 40);
        let error = reader.next_record().unwrap_err().to_string();
        assert!(error.contains("record 0 has 629145600 bytes"), "{error}");
        assert!(reader.buffer.len() <= BLOCK_BYTES);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read_all(&bytes);
        }

        #[test]
        fn mutated_files_give_sound_records_or_none(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            let mut bytes = written(&slices);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            let (read, losses) = read_all(&bytes);
            for (index, data) in read {
                prop_assert_eq!(&data, &records[index as usize]);
            }
            prop_assert!(losses.truncated_shards <= 1);
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
