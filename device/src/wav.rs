//! A WAV header on a pipe, where nothing can be sought: bytes in, rate in Hz and channels out.
use std::io::{self, Read};

/// What a stream on standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcmLayout {
    /// Rate in Hz.
    pub rate_hz: u32,
    /// Interleaved channels.
    pub channels: u16,
}

/// Why a WAV header can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// The stream ends or fails inside the header.
    #[error("WAV header")]
    Io {
        /// The operating system's reason.
        #[from]
        source: io::Error,
    },
    /// Not 16-bit PCM.
    #[error(
        "WAV of format {format} with {bits} bits: on a pipe only 16-bit PCM is taken; convert it, or give the file by \
         name"
    )]
    Format {
        /// Format tag, 1 is PCM.
        format: u16,
        /// Bits of a sample.
        bits: u16,
    },
    /// No `fmt ` chunk before the samples, or one that is too short.
    #[error("WAV header has no usable fmt chunk before its samples")]
    NoFormat,
    /// No channels or no rate.
    #[error("WAV header says {channels} channels at {rate_hz} Hz")]
    Layout {
        /// Channels.
        channels: u16,
        /// Rate in Hz.
        rate_hz: u32,
    },
}

const PCM: u16 = 1;
/// The real format follows in the chunk's extension.
const EXTENSIBLE: u16 = 0xFFFE;

/// Reads on from after `RIFF` to the first sample.
///
/// Sizes in the header are not believed further than a skip: a recorder that writes to a pipe can't know them.
///
/// # Errors
/// When it is not 16-bit PCM, or no WAV after all.
pub fn read_header(stream: &mut impl Read) -> Result<PcmLayout, WavError> {
    let mut riff = [0; 8];
    stream.read_exact(&mut riff)?;
    let mut layout = None;
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        let (name, size) = head.split_at(4);
        let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
        match name {
            b"data" => return layout.ok_or(WavError::NoFormat),
            b"fmt " => layout = Some(read_format(stream, size)?),
            _ => skip(stream, size + size % 2)?,
        }
    }
}

fn read_format(stream: &mut impl Read, size: u64) -> Result<PcmLayout, WavError> {
    let mut fields = [0; 16];
    if size < fields.len() as u64 {
        return Err(WavError::NoFormat);
    }
    stream.read_exact(&mut fields)?;
    skip(stream, size + size % 2 - fields.len() as u64)?;
    let u16_at = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let (format, channels, bits) = (u16_at(0), u16_at(2), u16_at(14));
    let rate_hz = u32::from_le_bytes([fields[4], fields[5], fields[6], fields[7]]);
    if !matches!(format, PCM | EXTENSIBLE) || bits != 16 {
        return Err(WavError::Format { format, bits });
    }
    if channels == 0 || rate_hz == 0 {
        return Err(WavError::Layout { channels, rate_hz });
    }
    Ok(PcmLayout { rate_hz, channels })
}

fn skip(stream: &mut impl Read, bytes: u64) -> Result<(), WavError> {
    let skipped = io::copy(&mut stream.take(bytes), &mut io::sink())?;
    if skipped < bytes {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PcmLayout, WavError, read_header};
    use proptest::prelude::{any, proptest};

    fn wav(format: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
        let mut bytes = b"RIFF\xff\xff\xff\xffWAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(format.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data\xff\xff\xff\xffSAMPLES");
        bytes
    }

    #[test]
    fn a_header_ends_at_the_first_sample() {
        let bytes = wav(1, 2, 48_000, 16);
        let mut stream = &bytes[4..];
        let layout = read_header(&mut stream).unwrap();
        assert_eq!(
            layout,
            PcmLayout {
                rate_hz: 48_000,
                channels: 2
            }
        );
        assert_eq!(stream, b"SAMPLES");
    }

    #[test]
    fn what_is_not_16_bit_pcm_is_refused() {
        let refused = |bytes: Vec<u8>| read_header(&mut &bytes[4..]).unwrap_err();
        assert!(matches!(
            refused(wav(3, 1, 8_000, 32)),
            WavError::Format { .. }
        ));
        assert!(matches!(
            refused(wav(1, 1, 8_000, 24)),
            WavError::Format { .. }
        ));
        assert!(matches!(
            refused(wav(1, 0, 8_000, 16)),
            WavError::Layout { .. }
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_layout_or_an_error(bytes in any::<Vec<u8>>()) {
            let _ = read_header(&mut bytes.as_slice());
        }
    }
}
