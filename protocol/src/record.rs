//! The records. The meaning and unit of every field is said here and in docs/protocol.md; their order in `fields.rs`.
use crate::{Hex, State, Text};

/// Version of the grammar that this crate writes, and the newest it reads.
pub const PROTOCOL_VERSION: u32 = 1;

/// Greatest probability, in 1/1000.
pub(crate) const MAX_PERMILLE: u16 = 1000;

/// Longest time between two statuses of a board that works, in seconds: of sound, or of the clock when there is none.
pub const STATUS_SECONDS: u32 = 10;

/// Genres in a tag: the one said and the next two.
pub const MAX_CANDIDATES: usize = 3;

/// A moment on the clock of the input: samples since the source was opened.
///
/// ```
/// let time = needledrop_protocol::SampleTime { samples: 66_150, rate_hz: 44_100 };
/// assert_eq!(time.milliseconds(), 1_500);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleTime {
    /// Samples at `rate_hz`; zero again after each `begin`.
    pub samples: u64,
    /// Nominal rate of the input; 0 before any input was opened.
    pub rate_hz: u32,
}

impl SampleTime {
    /// Milliseconds, rounded down; 0 when the rate is not known.
    pub fn milliseconds(self) -> u64 {
        let rate = u128::from(self.rate_hz);
        let ms = (u128::from(self.samples) * 1_000)
            .checked_div(rate)
            .unwrap_or(0);
        u64::try_from(ms).unwrap_or(u64::MAX)
    }
}

/// One line of the serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counts records since the program started, from 0, wrapping.
    pub sequence: u32,
    /// End of the sound that the record is about.
    pub time: SampleTime,
    /// What it says.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// A source was opened; the sample clock starts.
    Begin(Begin),
    /// What is heard.
    Tag(Tag),
    /// How the board is.
    Status(Status),
}

/// Who speaks: first record, and again whenever a source is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// Program and version, `needledrop-device 0.1.0`.
    pub firmware: Text,
    /// Name of the model.
    pub model: Text,
    /// First four bytes of the model file's SHA-256.
    pub model_digest: Hex<4>,
    /// Identity of the frontend.
    pub frontend_id: Hex<8>,
    /// The audio device, or the name of the file without its folders.
    pub source: Text,
}

/// A class and its smoothed probability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Label of the model.
    pub label: Text,
    /// Probability in 1/1000; 1000 is certainty.
    pub permille: u16,
}

/// One decision: one for each hop of the window, and one more whenever the state changes in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What is heard.
    pub state: State,
    /// In state `music` the genre said, then the two most probable others; in `uncertain` and `no-music` by the model,
    /// the three most probable; else empty.
    pub candidates: heapless::Vec<Candidate, MAX_CANDIDATES>,
    /// RMS level of the window in 0.1 dB re full scale (a full-scale sine is -30); `None` for digital silence or no
    /// samples.
    pub level_dbfs_x10: Option<i16>,
    /// The clip was shorter than one window and was repeated to fill it.
    pub short: bool,
    /// Last record of a clip: its answer for the clip as a whole is this line.
    pub last: bool,
}

/// Every 10 s of sound and on a change of state. Counts are since the program started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// State now.
    pub state: State,
    /// RMS level since the last status, in 0.1 dB re full scale; `None` for digital silence or no samples.
    pub level_dbfs_x10: Option<i16>,
    /// Samples at full scale.
    pub clipped_samples: u64,
    /// Samples lost because the worker was too slow.
    pub overrun_samples: u64,
    /// Records lost because the serial port was too slow or away.
    pub dropped_records: u64,
    /// Times that the audio device was opened again.
    pub audio_restarts: u32,
    /// Times that the serial port was opened again.
    pub serial_restarts: u32,
    /// Rate after the resampler.
    pub model_rate_hz: u32,
    /// First four bytes of the model file's SHA-256.
    pub model_digest: Hex<4>,
    /// Computing time over sound time in 1/1000 since the last status; `None` outside live runs.
    pub real_time_factor_permille: Option<u32>,
    /// Temperature of the board's processor in 0.1 degrees Celsius; `None` where it is not known.
    pub temperature_c_x10: Option<i16>,
}

#[cfg(test)]
mod tests {
    use super::SampleTime;

    #[test]
    fn milliseconds_neither_overflow_nor_divide_by_zero() {
        assert_eq!(
            SampleTime {
                samples: u64::MAX,
                rate_hz: 1
            }
            .milliseconds(),
            u64::MAX
        );
        assert_eq!(
            SampleTime {
                samples: 5,
                rate_hz: 0
            }
            .milliseconds(),
            0
        );
    }
}
