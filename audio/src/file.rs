//! Audio files to mono 16-bit PCM at their own rate, block by block.

use crate::Error;
use crate::container::Container;
use crate::step::{Failure, Step};
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use symphonia::core::io::MediaSource;

/// A file being decoded, block by block, as mono PCM at the file's own rate.
///
/// Memory is one packet, whatever the length of the file.
///
/// Damage does not end a file early unless it must: a packet that fails to decode is left out and counted; a container
/// that breaks off gives what came before and is marked `truncated` in [`AudioFile::report`]. A file that yields no
/// sample at all is an error of [`AudioFile::open`].
pub struct AudioFile {
    path: PathBuf,
    container: Container,
    block: Vec<i16>,
    /// The first block is decoded while opening: only then are rate and channels certain.
    first_block_pending: bool,
    ended: bool,
    sample_rate_hz: u32,
    report: DecodeReport,
}

/// What decoding met so far; complete once [`AudioFile::next_block`] gave `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeReport {
    /// Channels of the file before the downmix.
    pub channels: usize,
    /// Mono samples given.
    pub samples: u64,
    /// Packets that did not decode and were left out.
    pub damaged_packets: u64,
    /// The container broke off before its end.
    pub truncated: bool,
}

impl AudioFile {
    /// Opens a file, finds its format and decodes up to the first samples.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Unsupported`] (no known format), [`Error::Empty`] (no samples), [`Error::Damaged`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io_error = |reason| Error::Io {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(io_error)?;
        let metadata = file.metadata().map_err(io_error)?;
        if metadata.is_dir() {
            return Err(io_error(std::io::ErrorKind::IsADirectory.into()));
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(Error::Empty {
                path: path.to_owned(),
            });
        }
        Self::start(path, Box::new(file))
    }

    /// The same for bytes in memory; `name` stands for the path and its extension is the hint.
    ///
    /// # Errors
    /// As [`AudioFile::open`].
    pub fn from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::start(name, Box::new(Cursor::new(bytes)))
    }

    fn start(path: &Path, source: Box<dyn MediaSource>) -> Result<Self, Error> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let container = Container::open(source, extension).map_err(|failure| match failure {
            Failure::Io(reason) => Error::Io {
                path: path.to_owned(),
                reason,
            },
            Failure::Format(reason) => Error::Unsupported {
                path: path.to_owned(),
                reason,
            },
        })?;
        let mut file = Self {
            path: path.to_owned(),
            container,
            block: Vec::new(),
            first_block_pending: true,
            ended: false,
            sample_rate_hz: 0,
            report: DecodeReport::default(),
        };
        file.decode_block()?;
        if file.block.is_empty() {
            return Err(Error::Empty { path: file.path });
        }
        Ok(file)
    }

    /// Rate of the PCM.
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Samples that the header promises; formats without a length, and MP3 without a table of contents, promise none.
    pub fn promised_samples(&self) -> Option<u64> {
        self.container.promised_frames()
    }

    /// What decoding met so far.
    pub fn report(&self) -> DecodeReport {
        self.report
    }

    /// Next block of mono PCM; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk, [`Error::RateChange`].
    pub fn next_block(&mut self) -> Result<Option<&[i16]>, Error> {
        if self.first_block_pending {
            self.first_block_pending = false;
        } else {
            self.decode_block()?;
        }
        self.report.samples += self.block.len() as u64;
        if self.block.is_empty() {
            self.report.truncated |= self.misses_promised_frames();
        }
        Ok((!self.block.is_empty()).then_some(self.block.as_slice()))
    }

    /// Fills `block` with the next samples; leaves it empty at the end.
    fn decode_block(&mut self) -> Result<(), Error> {
        self.block.clear();
        while self.block.is_empty() && !self.ended {
            match self.container.step(&mut self.block) {
                Step::Samples { rate_hz, channels } => self.check_rate(rate_hz, channels)?,
                Step::DamagedPacket => self.report.damaged_packets += 1,
                Step::End => self.ended = true,
                Step::Broken(Failure::Io(reason)) => {
                    return Err(Error::Io {
                        path: self.path.clone(),
                        reason,
                    });
                }
                Step::Broken(Failure::Format(_)) if self.sample_rate_hz != 0 => {
                    self.ended = true;
                    self.report.truncated = true;
                }
                Step::Broken(Failure::Format(reason)) => {
                    return Err(Error::Damaged {
                        path: self.path.clone(),
                        reason,
                    });
                }
            }
        }
        Ok(())
    }

    fn check_rate(&mut self, rate_hz: u32, channels: usize) -> Result<(), Error> {
        if self.sample_rate_hz == 0 {
            self.sample_rate_hz = rate_hz;
            self.report.channels = channels;
        } else if rate_hz != self.sample_rate_hz {
            return Err(Error::RateChange {
                path: self.path.clone(),
                from_hz: self.sample_rate_hz,
                to_hz: rate_hz,
            });
        }
        Ok(())
    }

    /// A container that ends cleanly in the middle (a cut MP3, say) still promised more in its header. One percent and
    /// a second are left for headers that only estimate and for encoder delay.
    fn misses_promised_frames(&self) -> bool {
        self.container.promised_frames().is_some_and(|promised| {
            let slack = promised / 100 + u64::from(self.sample_rate_hz);
            self.report.samples.saturating_add(slack) < promised
        })
    }
}
