//! Resampler and log-mel pipeline in one, what host and device both use: PCM at any rate to frames of `mel_bands`
//! levels in Q8.8 dB.

use crate::config::FrontendConfig;
use crate::error::ConfigError;
use crate::id::FrontendId;
use crate::pipeline::Pipeline;
use crate::ratio::Ratio;
use crate::resampler::Polyphase;
use crate::storage::{Lent, Storage, StorageSize};

/// PCM at any supported rate to log-mel frames, memory owned.
///
/// See [`PcmPipeline`], which it is with [`crate::Owned`] storage.
#[cfg(feature = "alloc")]
pub type PcmFrontend = PcmPipeline<crate::storage::Owned>;

/// PCM at any supported rate to log-mel frames, streaming.
///
/// # Accuracy
/// At equal rates it is [`Pipeline`] bit for bit; otherwise the resampler's error adds to it, see [`Polyphase`].
///
/// ```
/// use needledrop_frontend::{FrontendConfig, PcmFrontend};
///
/// let config = FrontendConfig::COMPACT;
/// let mut frontend = PcmFrontend::new(&config, 48_000)?;
/// let mut frames = 0;
/// for piece in [0; 48_000].chunks(480) {
///     frontend.push(piece, |_| frames += 1);
/// }
/// frontend.finish(|_| frames += 1);
/// assert_eq!(frames, config.frames(config.sample_rate_hz as usize));
/// # Ok::<(), needledrop_frontend::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct PcmPipeline<S: Storage> {
    resampler: Polyphase<S>,
    log_mel: Pipeline<S>,
}

#[cfg(feature = "alloc")]
impl PcmPipeline<crate::storage::Owned> {
    /// For PCM at `input_hz`, on the heap; nothing allocates afterwards.
    ///
    /// # Errors
    /// As [`FrontendConfig::check`], and [`ConfigError::SampleRate`] or [`ConfigError::ResamplerRatio`] when
    /// `input_hz` cannot be resampled to the model rate.
    pub fn new(config: &FrontendConfig, input_hz: u32) -> Result<Self, ConfigError> {
        Ok(Self {
            log_mel: Pipeline::new(config)?,
            resampler: Polyphase::new(input_hz, config.sample_rate_hz)?,
        })
    }
}

impl<'a> PcmPipeline<Lent<'a>> {
    /// For PCM at `input_hz`, in lent memory, at least [`StorageSize::of_log_mel`] plus
    /// [`StorageSize::of_resampler`].
    ///
    /// # Errors
    /// As [`PcmFrontend::new`], and [`ConfigError::Storage`] when the memory is too small.
    pub fn new_in(
        config: &FrontendConfig,
        input_hz: u32,
        mut memory: Lent<'a>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let ratio = Ratio::new(input_hz, config.sample_rate_hz)?;
        StorageSize::of_log_mel(config)
            .plus(StorageSize::of_resampler(input_hz, config.sample_rate_hz)?)
            .check(&memory)?;
        Ok(Self {
            log_mel: Pipeline::from_pool(config, &mut memory),
            resampler: Polyphase::from_pool(ratio, &mut memory),
        })
    }
}

impl<S: Storage> PcmPipeline<S> {
    /// What is computed.
    #[must_use]
    pub fn config(&self) -> &FrontendConfig {
        self.log_mel.config()
    }

    /// Identity of everything that decides the output bits.
    #[must_use]
    pub fn id(&self) -> FrontendId {
        self.log_mel.id()
    }

    /// Takes any amount of mono PCM at the input rate; `on_frame` gets each frame that it completes.
    pub fn push(&mut self, pcm: &[i16], mut on_frame: impl FnMut(&[i16])) {
        let Self { resampler, log_mel } = self;
        resampler.push(pcm, |pcm| log_mel.push(pcm, &mut on_frame));
    }

    /// End of signal: takes the resampler's tail, then forgets the signal.
    ///
    /// S samples pushed have then given `frames(ceil(S * model rate / input rate))` frames.
    pub fn finish(&mut self, mut on_frame: impl FnMut(&[i16])) {
        let Self { resampler, log_mel } = self;
        resampler.finish(|pcm| log_mel.push(pcm, &mut on_frame));
        log_mel.reset();
    }

    /// Forgets the signal, keeps the tables.
    pub fn reset(&mut self) {
        self.resampler.reset();
        self.log_mel.reset();
    }
}
