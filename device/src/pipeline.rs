//! PCM in, records out: DESIGN's picture of the board, without I/O and without a clock.
//!
//! ```text
//! PCM -> cells of 10 ms -+-> level, exact zeros ---------------------v
//!                        +-> resampler, frontend -> rows -> window -> level gate -> net -> calibration
//!                                                           -> sticky filter -> decision -> record
//! ```
//!
//! Records depend on the samples alone, not on the pieces they come in: everything happens at the ends of cells, and
//! cells are counted from the start of the source. A driver calls [`Pipeline::begin`], then [`Pipeline::push`] with any
//! amounts, and [`Pipeline::finish`]; what only it can know (losses, a silent device, its own load) it says through
//! [`Pipeline::lost`], [`Pipeline::no_audio`] and [`Pipeline::vitals`].
use crate::{
    judge::Classifier,
    limits::{CELLS_PER_SECOND, MAX_CELL_SAMPLES},
    listener::Listener,
    profile::Profile,
    vitals::Vitals,
};
use needledrop_frontend::ConfigError;
use needledrop_infer::Features;
use needledrop_protocol::{NoAudio, Record};

/// The whole path from samples to records.
pub struct Pipeline<C> {
    profile: Profile,
    features: Option<Features>,
    listener: Listener<C>,
    cell: heapless::Vec<i16, MAX_CELL_SAMPLES>,
    cell_samples: usize,
}

impl<C: Classifier> Pipeline<C> {
    /// For a model and the classifier that runs its graph.
    pub fn new(profile: Profile, classifier: C) -> Self {
        Self {
            listener: Listener::new(&profile, classifier),
            profile,
            features: None,
            cell: heapless::Vec::new(),
            cell_samples: 1,
        }
    }

    /// The model.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Numbers for status records that only the driver knows.
    pub fn vitals(&mut self) -> &mut Vitals {
        &mut self.listener.vitals
    }

    /// A source opens: everything heard is forgotten, the clock starts at 0, `begin` is recorded.
    ///
    /// Rate `None` says that the source could not be opened yet; [`Pipeline::no_audio`] follows, no samples.
    ///
    /// # Errors
    /// A rate that the frontend does not take.
    pub fn begin(
        &mut self,
        source: &str,
        rate_hz: Option<u32>,
        mut emit: impl FnMut(Record),
    ) -> Result<(), ConfigError> {
        self.features = match (self.features.take(), rate_hz) {
            (Some(mut kept), Some(rate_hz)) if kept.times().input_hz() == rate_hz => {
                kept.reset();
                Some(kept)
            }
            (_, Some(rate_hz)) => {
                let (input, config) = (self.profile.metadata.input, self.profile.frontend());
                Some(Features::new(input, config, rate_hz)?)
            }
            (_, None) => None,
        };
        let cell = rate_hz.unwrap_or(0) / CELLS_PER_SECOND;
        self.cell_samples = usize::try_from(cell)
            .unwrap_or(MAX_CELL_SAMPLES)
            .clamp(1, MAX_CELL_SAMPLES);
        self.cell.clear();
        let times = self.features.as_ref().map(Features::times);
        self.listener
            .begin(source, times, self.cell_samples, &mut emit);
        Ok(())
    }

    /// Any amount of mono PCM at the rate of the source.
    ///
    /// # Errors
    /// The classifier's; the cell in which it failed is lost.
    pub fn push(&mut self, mut pcm: &[i16], mut emit: impl FnMut(Record)) -> Result<(), C::Error> {
        while !pcm.is_empty() {
            let missing = self.cell_samples - self.cell.len();
            let (now, later) = pcm.split_at(missing.min(pcm.len()));
            let fits = self.cell.extend_from_slice(now);
            debug_assert!(fits.is_ok(), "a cell has room for its samples");
            pcm = later;
            if self.cell.len() == self.cell_samples {
                self.process_cell(&mut emit)?;
            }
        }
        Ok(())
    }

    fn process_cell(&mut self, emit: &mut impl FnMut(Record)) -> Result<(), C::Error> {
        let (cell, listener) = (&self.cell, &mut self.listener);
        let interrupted = listener.process_cell(cell, emit);
        let mut result = Ok(());
        if let Some(features) = &mut self.features {
            let times = features.times();
            if interrupted {
                features.reset();
            }
            features.push(cell, |row| {
                if result.is_ok() {
                    result = listener.process_row(row, times, emit);
                }
            });
        }
        listener.end_cell(emit);
        self.cell.clear();
        result
    }

    /// End of the source: what is left is judged, then a last, flagged record and a status follow.
    ///
    /// # Errors
    /// The classifier's.
    pub fn finish(&mut self, mut emit: impl FnMut(Record)) -> Result<(), C::Error> {
        if !self.cell.is_empty() {
            self.process_cell(&mut emit)?;
        }
        let listener = &mut self.listener;
        let mut result = Ok(());
        if let Some(features) = &mut self.features {
            let times = features.times();
            features.finish(|row| {
                if result.is_ok() {
                    result = listener.process_row(row, times, &mut emit);
                }
            });
        }
        result?;
        listener.finish(&mut emit)
    }

    /// `samples` were lost between what was pushed and what will be; a status says so, at most once a second.
    pub fn lost(&mut self, samples: u64, mut emit: impl FnMut(Record)) {
        self.listener.lost(samples, &mut emit);
    }

    /// The device is gone, or open without samples. The next samples end it.
    pub fn no_audio(&mut self, cause: NoAudio, mut emit: impl FnMut(Record)) {
        self.listener.no_audio(cause, &mut emit);
    }

    /// A status record now: for when no sound drives the clock.
    pub fn status(&mut self, mut emit: impl FnMut(Record)) {
        self.listener.status(&mut emit);
    }
}
