//! PCM at the input's rate to the rows that the model's window is made of: frames of Q8.8 dB, or samples one by one.
use needledrop_bundle::InputKind;
use needledrop_frontend::{ConfigError, FrontendConfig, PcmFrontend, Resampler};

/// The frontend of a model, or the resampler alone for a model that takes PCM.
pub struct Features {
    stage: Stage,
    times: RowTimes,
}

/// Where rows lie on the clock of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowTimes {
    input_hz: u32,
    output_hz: u32,
    /// Model-rate samples that the first row needs.
    first_row_samples: u64,
    /// Model-rate samples that each further row needs.
    row_samples: u64,
}

enum Stage {
    LogMel(Box<PcmFrontend>),
    Pcm(Box<Resampler>),
}

impl Features {
    /// For PCM at `input_hz`.
    ///
    /// # Errors
    /// The frontend's, for a rate or configuration that it does not take.
    pub fn new(
        input: InputKind,
        config: &FrontendConfig,
        input_hz: u32,
    ) -> Result<Self, ConfigError> {
        let output_hz = config.sample_rate_hz;
        let (stage, first_row_samples, row_samples) = match input {
            InputKind::Pcm => (
                Stage::Pcm(Box::new(Resampler::new(input_hz, output_hz)?)),
                1,
                1,
            ),
            _ => (
                Stage::LogMel(Box::new(PcmFrontend::new(config, input_hz)?)),
                config.n_fft as u64,
                config.hop_samples as u64,
            ),
        };
        let times = RowTimes {
            input_hz,
            output_hz,
            first_row_samples,
            row_samples,
        };
        Ok(Self { stage, times })
    }

    /// Where its rows lie.
    pub fn times(&self) -> RowTimes {
        self.times
    }

    /// Any amount of PCM; `on_row` gets each row.
    pub fn push(&mut self, pcm: &[i16], mut on_row: impl FnMut(&[i16])) {
        match &mut self.stage {
            Stage::LogMel(frontend) => frontend.push(pcm, on_row),
            Stage::Pcm(resampler) => resampler.push(pcm, |pcm| pcm.chunks(1).for_each(&mut on_row)),
        }
    }

    /// End of the sound: the rows that the resampler's tail completes. Then resets.
    pub fn finish(&mut self, mut on_row: impl FnMut(&[i16])) {
        match &mut self.stage {
            Stage::LogMel(frontend) => frontend.finish(on_row),
            Stage::Pcm(resampler) => resampler.finish(|pcm| pcm.chunks(1).for_each(&mut on_row)),
        }
    }

    /// Forgets the sound, keeps the tables.
    pub fn reset(&mut self) {
        match &mut self.stage {
            Stage::LogMel(frontend) => frontend.reset(),
            Stage::Pcm(resampler) => resampler.reset(),
        }
    }
}

impl RowTimes {
    /// Rate of the PCM that comes in.
    pub fn input_hz(&self) -> u32 {
        self.input_hz
    }

    /// Input samples from the last reset to the end of the sound that `rows` rows cover, rounded up.
    pub fn input_samples(&self, rows: u64) -> u64 {
        let Some(further) = rows.checked_sub(1) else {
            return 0;
        };
        let output =
            u128::from(self.first_row_samples) + u128::from(further) * u128::from(self.row_samples);
        let input = (output * u128::from(self.input_hz)).div_ceil(u128::from(self.output_hz));
        u64::try_from(input).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::RowTimes;

    #[test]
    fn rows_end_where_their_samples_end() {
        let times = RowTimes {
            input_hz: 44_100,
            output_hz: 22_050,
            first_row_samples: 2048,
            row_samples: 512,
        };
        assert_eq!(
            [0, 1, 3].map(|rows| times.input_samples(rows)),
            [0, 4096, 6144]
        );
        let odd = RowTimes {
            input_hz: 48_000,
            ..times
        };
        assert_eq!(odd.input_samples(1), 4459, "2048 * 48000 / 22050 = 4458.2");
    }
}
