//! Sun's .au, in which GTZAN was published and which symphonia does not read: its bytes to mono PCM, block by block.
//! The one place that names `ausnd`.

use crate::mono;
use crate::sample::{I24, Sample};
use crate::step::{Failure, Step};
use ausnd::{AuError, AuReader, SampleFormat};
use std::io::BufReader;
use symphonia::core::io::MediaSource;

/// First bytes of a file.
pub(crate) const MAGIC: [u8; 4] = *b".snd";

/// Frames of a block, about what a packet of a compressed format holds.
const BLOCK_FRAMES: usize = 4096;

/// More channels than any recording has: such a header is damaged, and its frames would be blocks of any size.
const MOST_CHANNELS: u32 = 64;

/// An open stream.
pub(crate) struct AuStream {
    reader: AuReader<BufReader<Box<dyn MediaSource>>>,
    rate_hz: u32,
    channels: usize,
    block: Vec<ausnd::Sample>,
    /// Frames the header promises.
    pub(crate) promised_frames: Option<u64>,
}

impl AuStream {
    pub(crate) fn open(source: Box<dyn MediaSource>) -> Result<Self, Failure> {
        let reader = AuReader::new(BufReader::with_capacity(1 << 16, source))?;
        let info = reader.info();
        if let SampleFormat::Custom(encoding) = info.sample_format {
            return Err(Failure::Format(format!(
                "its encoding {encoding} is unknown"
            )));
        }
        if info.sample_rate == 0 || !(1..=MOST_CHANNELS).contains(&info.channels) {
            return Err(Failure::Format(format!(
                "its header says {} Hz and {} channels",
                info.sample_rate, info.channels
            )));
        }
        Ok(Self {
            rate_hz: info.sample_rate,
            channels: info.channels as usize,
            promised_frames: info
                .sample_len
                .map(|samples| samples / u64::from(info.channels)),
            block: Vec::new(),
            reader,
        })
    }

    /// Decodes one block and appends its mono PCM to `out`.
    pub(crate) fn step(&mut self, out: &mut Vec<i16>) -> Step {
        self.block.clear();
        let end = loop {
            if self.block.len() == BLOCK_FRAMES * self.channels {
                break None;
            }
            match self.reader.read_sample() {
                Ok(Some(sample)) => self.block.push(sample),
                Ok(None) => break Some(Step::End),
                Err(error) => break Some(Step::Broken(error.into())),
            }
        };
        // What came before the end is given first; the end comes again with the next step.
        match end {
            Some(end) if self.block.len() < self.channels => end,
            _ => {
                out.extend(mono(&self.block, self.channels));
                Step::Samples {
                    rate_hz: self.rate_hz,
                    channels: self.channels,
                }
            }
        }
    }
}

impl Sample for ausnd::Sample {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        match self {
            Self::I8(sample) => sample.to_i16_steps(),
            Self::I16(sample) => sample.to_i16_steps(),
            Self::I24(sample) => I24(sample).to_i16_steps(),
            Self::I32(sample) => sample.to_i16_steps(),
            Self::F32(sample) => sample.to_i16_steps(),
            Self::F64(sample) => sample.to_i16_steps(),
        }
    }
}

impl From<AuError> for Failure {
    fn from(error: AuError) -> Self {
        match error {
            AuError::StdIoError(error) => Self::of_io(error),
            AuError::InvalidAudioDataOffset => {
                Self::Format("its header says that audio begins within the header".to_owned())
            }
            other => Self::Format(format!("{other:?}")),
        }
    }
}
