//! Writes an image to a disk and reads it back.
//!
//! The first block, with the partition table, is wiped first and written last: a card whose writing was cut off does
//! not look like a card that is whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use anyhow::{Context as _, Result};
use thiserror::Error;

/// What is written, and read back, at once. A multiple of every disk's sector, and of a page.
pub const BLOCK_BYTES: usize = 1 << 20;

/// Why a card is not usable as it is.
#[derive(Debug, Error)]
#[error(
    "writing failed at byte {offset}: {source}; the card is not usable as it is: run this again or try another card"
)]
pub struct WriteError {
    /// Where.
    pub offset: u64,
    /// The system's reason.
    pub source: io::Error,
}

/// The first byte that was read back otherwise than it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// Where.
    pub offset: u64,
    /// What was written.
    pub expected: u8,
    /// What was read.
    pub actual: u8,
}

/// A disk that can be told to bring what it was given to where it stays.
pub trait Target: Write + Seek {
    /// Returns when all is there.
    ///
    /// # Errors
    /// The disk's.
    fn settle(&mut self) -> io::Result<()>;
}

impl Target for File {
    fn settle(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Writes `size_bytes` of `image`, telling `progress` how many are there.
///
/// # Errors
/// An image that can't be read, a [`WriteError`], or that of `progress`, which stops the work.
pub fn write(
    image: &mut (impl Read + Seek),
    size_bytes: u64,
    target: &mut impl Target,
    mut progress: impl FnMut(u64) -> Result<()>,
) -> Result<()> {
    let mut block = vec![0; BLOCK_BYTES];
    put(target, 0, &block)?;
    let block_bytes = BLOCK_BYTES as u64;
    let offsets = (1..size_bytes.div_ceil(block_bytes)).chain([0]);
    let mut written_bytes = 0;
    for offset in offsets.map(|number| number * block_bytes) {
        let length = (size_bytes - offset).min(block_bytes) as usize;
        image
            .seek(SeekFrom::Start(offset))
            .and_then(|_| image.read_exact(&mut block[..length]))
            .with_context(|| format!("could not read the image at byte {offset}"))?;
        put(target, offset, &block[..length])?;
        written_bytes += length as u64;
        progress(written_bytes)?;
    }
    Ok(())
}

/// Each block is brought to the card at once: the progress is the card's, not the memory's.
fn put(target: &mut impl Target, offset: u64, bytes: &[u8]) -> Result<(), WriteError> {
    target
        .seek(SeekFrom::Start(offset))
        .and_then(|_| target.write_all(bytes))
        .and_then(|()| target.settle())
        .map_err(|source| WriteError { offset, source })
}

/// Compares `size_bytes` of `disk` with the image.
///
/// # Errors
/// Something that can't be read, or that of `progress`, which stops the work.
pub fn compare(
    image: &mut impl Read,
    size_bytes: u64,
    disk: &mut impl Read,
    mut progress: impl FnMut(u64) -> Result<()>,
) -> Result<Option<Mismatch>> {
    let mut expected = vec![0; BLOCK_BYTES];
    let mut actual = vec![0; BLOCK_BYTES];
    let mut offset = 0;
    while offset < size_bytes {
        let length = (size_bytes - offset).min(BLOCK_BYTES as u64) as usize;
        image
            .read_exact(&mut expected[..length])
            .with_context(|| format!("could not read the image at byte {offset}"))?;
        disk.read_exact(&mut actual[..length]).with_context(|| {
            format!(
                "could not read the card back at byte {offset}; it is not usable: try another card"
            )
        })?;
        let differs = |at: &usize| expected[*at] != actual[*at];
        if let Some(at) = (0..length).find(differs) {
            return Ok(Some(Mismatch {
                offset: offset + at as u64,
                expected: expected[at],
                actual: actual[at],
            }));
        }
        offset += length as u64;
        progress(offset)?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_BYTES, Mismatch, Target, WriteError, compare, write};
    use anyhow::bail;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Cursor, Seek, SeekFrom, Write};

    /// Memory that fails at a byte, and counts what was settled.
    struct Memory {
        disk: Cursor<Vec<u8>>,
        fails_at: u64,
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.disk.position() + bytes.len() as u64 > self.fails_at {
                return Err(io::Error::other("bad sector"));
            }
            self.disk.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Memory {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.disk.seek(to)
        }
    }

    impl Target for Memory {
        fn settle(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn image() -> Vec<u8> {
        let bytes = 2 * BLOCK_BYTES as u32 + 512;
        (0..bytes).map(|at| (at % 251) as u8).collect()
    }

    fn memory(fails_at: u64) -> Memory {
        Memory {
            disk: Cursor::new(vec![0xee; 4 * BLOCK_BYTES]),
            fails_at,
        }
    }

    #[test]
    fn all_is_written_and_nothing_behind_it() {
        let image = image();
        let mut memory = memory(u64::MAX);
        let mut told = Vec::new();
        let size_bytes = image.len() as u64;
        let mut source = Cursor::new(&image);
        write(&mut source, size_bytes, &mut memory, |bytes| {
            told.push(bytes);
            Ok(())
        })
        .unwrap();
        let disk = memory.disk.into_inner();
        assert!(disk[..image.len()] == image);
        assert!(disk[image.len()..].iter().all(|byte| *byte == 0xee));
        assert_eq!(told.last(), Some(&size_bytes));
        let same = compare(&mut &image[..], size_bytes, &mut &disk[..], |_| Ok(())).unwrap();
        assert_eq!(same, None);
    }

    #[test]
    fn a_card_that_fails_half_way_has_no_partition_table() {
        let image = image();
        let mut memory = memory(2 * BLOCK_BYTES as u64);
        let mut source = Cursor::new(&image);
        let failed = write(&mut source, image.len() as u64, &mut memory, |_| Ok(())).unwrap_err();
        let error = failed.downcast_ref::<WriteError>().unwrap();
        assert_eq!(error.offset, 2 * BLOCK_BYTES as u64);
        let words = failed.to_string();
        assert!(
            words.contains("bad sector; the card is not usable as it is"),
            "{words}"
        );
        let disk = memory.disk.into_inner();
        assert!(disk[..BLOCK_BYTES].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_card_whose_writing_is_stopped_has_no_partition_table() {
        let image = image();
        let mut memory = memory(u64::MAX);
        let mut source = Cursor::new(&image);
        let size_bytes = image.len() as u64;
        let stopped = write(&mut source, size_bytes, &mut memory, |_| bail!("stopped"));
        assert_eq!(stopped.unwrap_err().to_string(), "stopped");
        let disk = memory.disk.into_inner();
        assert!(disk[..BLOCK_BYTES].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_full_device_is_said_with_its_offset() {
        let mut full: File = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let image = image();
        let mut source = Cursor::new(&image);
        let failed = write(&mut source, image.len() as u64, &mut full, |_| Ok(())).unwrap_err();
        let words = failed.to_string();
        assert!(
            words.starts_with("writing failed at byte 0: No space left"),
            "{words}"
        );
    }

    #[test]
    fn the_first_byte_that_differs_is_named() {
        let image = image();
        let mut disk = image.clone();
        let offset = BLOCK_BYTES + 7;
        disk[offset] ^= 1;
        disk[offset + 1] ^= 1;
        let found = compare(&mut &image[..], image.len() as u64, &mut &disk[..], |_| {
            Ok(())
        })
        .unwrap();
        let expected = Mismatch {
            offset: offset as u64,
            expected: image[offset],
            actual: image[offset] ^ 1,
        };
        assert_eq!(found, Some(expected));
        let short = &disk[..BLOCK_BYTES];
        let failed = compare(&mut &image[..], image.len() as u64, &mut &short[..], |_| {
            Ok(())
        });
        let words = failed.unwrap_err().to_string();
        assert!(
            words.contains("could not read the card back at byte 1048576"),
            "{words}"
        );
    }
}
