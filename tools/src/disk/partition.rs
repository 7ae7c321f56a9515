//! One partition of a disk as a stream of its own, which is what `fatfs` asks for.
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::rc::Rc;

/// Bytes `start_bytes .. start_bytes + size_bytes` of a file. Clones share file and `written_to`, not the place.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    file: Rc<File>,
    start_bytes: u64,
    size_bytes: u64,
    at: u64,
    written_to: Rc<Cell<u64>>,
}

impl Partition {
    pub(super) fn new(file: File, start_bytes: u64, size_bytes: u64) -> Self {
        Self {
            file: Rc::new(file),
            start_bytes,
            size_bytes,
            at: 0,
            written_to: Rc::default(),
        }
    }

    /// Where the last write ended.
    pub(super) fn written_to(&self) -> u64 {
        self.written_to.get()
    }

    /// Where it ends in the file.
    pub(super) fn end_bytes(&self) -> u64 {
        self.start_bytes.saturating_add(self.size_bytes)
    }

    pub(super) fn rewind(&mut self) {
        self.at = 0;
    }

    /// How many of `wanted` bytes lie before the end.
    fn within(&self, wanted: usize) -> usize {
        let left = self.size_bytes.saturating_sub(self.at);
        usize::try_from(left).map_or(wanted, |left| wanted.min(left))
    }
}

impl Read for Partition {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.within(buffer.len());
        let read = self
            .file
            .read_at(&mut buffer[..length], self.start_bytes + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Write for Partition {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.within(bytes.len());
        let written = self
            .file
            .write_at(&bytes[..length], self.start_bytes + self.at)?;
        self.at += written as u64;
        self.written_to.set(self.at);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Partition {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size_bytes.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "a place before the partition's beginning",
            )
        })?;
        Ok(self.at)
    }
}
