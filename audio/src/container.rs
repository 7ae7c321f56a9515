//! Which reader a file is for: its bytes in, an open stream of samples out.

use crate::au::{self, AuStream};
use crate::decode::Stream;
use crate::step::{Failure, Step};
use std::io::{Read, SeekFrom};
use symphonia::core::io::MediaSource;

/// An open stream of any kind.
pub(crate) enum Container {
    /// What symphonia reads.
    Symphonia(Stream),
    /// Sun's .au.
    Au(AuStream),
}

impl Container {
    /// Looks at the first bytes; `extension` is a hint only.
    pub(crate) fn open(
        mut source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, Failure> {
        if begins_with(source.as_mut(), au::MAGIC).map_err(Failure::Io)? {
            AuStream::open(source).map(Self::Au)
        } else {
            Stream::open(source, extension).map(Self::Symphonia)
        }
    }

    /// Decodes some samples and appends their mono PCM to `out`.
    pub(crate) fn step(&mut self, out: &mut Vec<i16>) -> Step {
        match self {
            Self::Symphonia(stream) => stream.step(out),
            Self::Au(stream) => stream.step(out),
        }
    }

    /// Frames that the header promises.
    pub(crate) fn promised_frames(&self) -> Option<u64> {
        match self {
            Self::Symphonia(stream) => stream.promised_frames,
            Self::Au(stream) => stream.promised_frames,
        }
    }
}

/// Pipes can't be looked into without losing what was seen; they are left to symphonia.
fn begins_with(source: &mut dyn MediaSource, magic: [u8; 4]) -> std::io::Result<bool> {
    if !source.is_seekable() {
        return Ok(false);
    }
    let mut first = Vec::with_capacity(magic.len());
    Read::take(&mut *source, magic.len() as u64).read_to_end(&mut first)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(first == magic)
}
