//! Reads a disk itself, not what the system remembers of it.
//!
//! `O_DIRECT` goes past the page cache, which would only give back what was written into it a moment ago. It wants
//! memory at a page's border. A file system without it (as of tests) is asked to forget its pages instead.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{Advice, OFlags, fadvise};

use super::copy::BLOCK_BYTES;

/// The largest page and sector that a disk may ask for.
const ALIGNMENT_BYTES: usize = 4096;

/// A disk, read block by block from its beginning.
#[derive(Debug)]
pub(super) struct DirectReader {
    file: File,
    memory: Vec<u8>,
    /// What of `memory` is read and not yet handed on.
    from: usize,
    to: usize,
}

impl DirectReader {
    /// Opens a disk.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let direct = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::DIRECT.bits().cast_signed())
            .open(path);
        let file = match direct {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                let file = File::open(path)?;
                fadvise(&file, 0, None, Advice::DontNeed)?;
                file
            }
            outcome => outcome?,
        };
        Ok(Self {
            file,
            memory: vec![0; BLOCK_BYTES + ALIGNMENT_BYTES],
            from: 0,
            to: 0,
        })
    }
}

impl Read for DirectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.from == self.to {
            let start = self.memory.as_ptr().align_offset(ALIGNMENT_BYTES);
            let block = &mut self.memory[start..start + BLOCK_BYTES];
            self.from = start;
            self.to = start + self.file.read(block)?;
        }
        let length = buffer.len().min(self.to - self.from);
        buffer[..length].copy_from_slice(&self.memory[self.from..self.from + length]);
        self.from += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::DirectReader;
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_file_is_read_whole_with_any_buffer() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        file.as_file().sync_all().unwrap();
        let mut reader = DirectReader::open(file.path()).unwrap();
        let mut read = vec![0; 1001];
        reader.read_exact(&mut read).unwrap();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    }
}
