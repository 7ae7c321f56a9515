//! What happened, as records: decisions, counters and sample times in, numbered records out.
use crate::{profile::Profile, version::FIRMWARE, vitals::Vitals};
use needledrop_protocol::{Begin, Body, Hex, Record, SampleTime, State, Status, Tag, Text};

/// Numbers records and fills in what stays the same in all of them.
#[derive(Clone, Debug)]
pub struct Recorder {
    sequence: u32,
    firmware: Text,
    model: Text,
    digest: Hex<4>,
    frontend_id: Hex<8>,
    model_rate_hz: u32,
}

impl Recorder {
    /// For a model; the first record has sequence 0.
    pub fn new(profile: &Profile) -> Self {
        Self {
            sequence: 0,
            firmware: Text::shortened(FIRMWARE),
            model: Text::shortened(&profile.metadata.name),
            digest: profile.digest,
            frontend_id: Hex(profile.frontend_id().0),
            model_rate_hz: profile.frontend().sample_rate_hz,
        }
    }

    fn record(&mut self, time: SampleTime, body: Body) -> Record {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Record {
            sequence,
            time,
            body,
        }
    }

    /// A source was opened.
    pub fn begin(&mut self, time: SampleTime, source: &str) -> Record {
        let begin = Begin {
            firmware: self.firmware.clone(),
            model: self.model.clone(),
            model_digest: self.digest,
            frontend_id: self.frontend_id,
            source: Text::shortened(source),
        };
        self.record(time, Body::Begin(begin))
    }

    /// A decision.
    pub fn tag(&mut self, time: SampleTime, tag: Tag) -> Record {
        self.record(time, Body::Tag(tag))
    }

    /// How the board is.
    pub fn status(
        &mut self,
        time: SampleTime,
        state: State,
        sound: SoundStatus,
        vitals: &Vitals,
    ) -> Record {
        let status = Status {
            state,
            level_dbfs_x10: sound.level_dbfs_x10,
            clipped_samples: sound.clipped_samples,
            overrun_samples: sound.overrun_samples,
            dropped_records: vitals.dropped_records,
            audio_restarts: vitals.audio_restarts,
            serial_restarts: vitals.serial_restarts,
            model_rate_hz: self.model_rate_hz,
            model_digest: self.digest,
            real_time_factor_permille: vitals.real_time_factor_permille,
            temperature_c_x10: vitals.temperature_c_x10,
        };
        self.record(time, Body::Status(status))
    }
}

/// The part of a status that follows from the sound alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoundStatus {
    /// RMS level since the last status, in 0.1 dBFS.
    pub level_dbfs_x10: Option<i16>,
    /// Samples at full scale since the program started.
    pub clipped_samples: u64,
    /// Samples lost since the program started.
    pub overrun_samples: u64,
}
