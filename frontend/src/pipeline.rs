//! Log-mel pipeline: PCM at the model rate to frames of `mel_bands` levels in Q8.8 dB. This file only composes: the
//! framer, then the stages of a frame.

use crate::config::FrontendConfig;
use crate::error::ConfigError;
use crate::framer::Framer;
use crate::id::FrontendId;
use crate::stages::Stages;
use crate::storage::{Lent, Pool, Storage, StorageSize};

/// PCM at the model rate to log-mel frames, memory owned.
///
/// See [`Pipeline`], which it is with [`crate::Owned`] storage.
#[cfg(feature = "alloc")]
pub type LogMel = Pipeline<crate::storage::Owned>;

/// PCM at the model rate to log-mel frames, streaming.
///
/// 0 dB is what librosa's `melspectrogram` (power 2) gives for PCM scaled to \[-1, 1); floor -100 dB.
///
/// # Shape
/// Each frame is `mel_bands` values, lowest band first.
///
/// # Units
/// Q8.8 dB in `i16`: see [`crate::DbQ8`].
///
/// # Accuracy
/// Against the float64 reference, within 80 dB of the frame's peak and above -95 dB: at most 0.02 dB, asserted by
/// `tests/oracle/accuracy.rs`; figures by signal and level in docs/numerics.md.
///
/// ```
/// use needledrop_frontend::{FrontendConfig, LogMel};
///
/// let config = FrontendConfig::SEED;
/// let mut log_mel = LogMel::new(&config)?;
/// let mut frames = Vec::new();
/// // Any pieces give the same frames.
/// log_mel.push(&[1000; 2000], |frame| frames.push(frame.to_vec()));
/// assert!(frames.is_empty());
/// log_mel.push(&[1000; 48], |frame| frames.push(frame.to_vec()));
/// assert_eq!(frames.len(), 1);
/// // A constant is DC, and DC is under no triangle: only the window's skirt in the lowest band is heard.
/// assert!(frames[0][0] > frames[0][64]);
/// # Ok::<(), needledrop_frontend::ConfigError>(())
/// ```
pub struct Pipeline<S: Storage> {
    framer: Framer<S>,
    stages: Stages<S>,
    config: FrontendConfig,
    id: FrontendId,
}

#[cfg(feature = "alloc")]
impl Pipeline<crate::storage::Owned> {
    /// Builds tables and state on the heap; nothing allocates afterwards.
    ///
    /// # Errors
    /// As [`FrontendConfig::check`].
    pub fn new(config: &FrontendConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::from_pool(config, &mut crate::storage::Owned))
    }
}

impl<'a> Pipeline<Lent<'a>> {
    /// Builds tables and state in lent memory, at least [`StorageSize::of_log_mel`].
    ///
    /// # Errors
    /// As [`FrontendConfig::check`], and [`ConfigError::Storage`] when the memory is too small.
    pub fn new_in(config: &FrontendConfig, mut memory: Lent<'a>) -> Result<Self, ConfigError> {
        config.check()?;
        StorageSize::of_log_mel(config).check(&memory)?;
        Ok(Self::from_pool(config, &mut memory))
    }
}

impl<S: Storage> Pipeline<S> {
    pub(crate) fn from_pool(config: &FrontendConfig, pool: &mut impl Pool<Storage = S>) -> Self {
        let framer = Framer::new(pool, config.n_fft, config.hop_samples);
        let stages = Stages::from_pool(config, pool);
        Self {
            id: stages.id(config),
            framer,
            stages,
            config: *config,
        }
    }

    /// What is computed.
    #[must_use]
    pub fn config(&self) -> &FrontendConfig {
        &self.config
    }

    /// Identity of everything that decides the output bits.
    #[must_use]
    pub fn id(&self) -> FrontendId {
        self.id
    }

    /// Takes any amount of PCM; `on_frame` gets each frame that it completes.
    pub fn push(&mut self, mut pcm: &[i16], mut on_frame: impl FnMut(&[i16])) {
        while let Some(samples) = self.framer.next_frame(&mut pcm) {
            on_frame(self.stages.process(samples));
        }
    }

    /// Forgets the signal, keeps the tables.
    pub fn reset(&mut self) {
        self.framer.reset();
    }
}

#[cfg(feature = "alloc")]
impl FrontendConfig {
    /// Identity of everything that decides the output bits.
    ///
    /// # Errors
    /// As [`FrontendConfig::check`].
    pub fn id(&self) -> Result<FrontendId, ConfigError> {
        LogMel::new(self).map(|log_mel| log_mel.id())
    }
}

impl<S: Storage> core::fmt::Debug for Pipeline<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pipeline")
            .field("config", &self.config)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
