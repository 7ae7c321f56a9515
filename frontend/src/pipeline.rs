//! Log-mel pipeline: framer -> window -> FFT -> power -> mel -> log. This file only composes.

use crate::config::{FrontendConfig, MAX_MEL_BANDS};
use crate::error::ConfigError;
use crate::fft::{AnyFft, PowerFft};
use crate::formats::FLOOR_DB_Q8;
use crate::framer::Framer;
use crate::id::{FrontendId, Hasher};
use crate::log::Log;
use crate::mel::Mel;
use crate::storage::{Lent, Pool, Storage, StorageSize};
use crate::window::Window;

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
/// `tests/accuracy.rs`; figures by signal and level in docs/numerics.md.
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
    window: Window<S>,
    fft: AnyFft<S>,
    mel: Mel<S>,
    log: Log,
    frame: S::Of<i32>,
    power: S::Of<u64>,
    energy: [u64; MAX_MEL_BANDS],
    levels_q8: [i16; MAX_MEL_BANDS],
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
        let mut this = Self {
            framer: Framer::new(pool, config.n_fft, config.hop_samples),
            window: Window::new(pool, config.n_fft),
            fft: AnyFft::new(pool, config),
            mel: Mel::new(pool, config),
            log: Log::new(config),
            frame: pool.i32s(config.n_fft),
            power: pool.u64s(config.n_fft / 2 + 1),
            energy: [0; MAX_MEL_BANDS],
            levels_q8: [0; MAX_MEL_BANDS],
            config: *config,
            id: FrontendId([0; 8]),
        };
        this.id = this.hash();
        this
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
            let levels_q8 = &mut self.levels_q8[..self.config.mel_bands];
            match self.window.process(samples, &mut self.frame) {
                Some(shift) => {
                    self.fft.process(&mut self.frame, &mut self.power);
                    self.mel.process(&self.power, &mut self.energy);
                    self.log.process(&self.energy, shift, levels_q8);
                }
                None => levels_q8.fill(FLOOR_DB_Q8),
            }
            on_frame(levels_q8);
        }
    }

    /// Forgets the signal, keeps the tables.
    pub fn reset(&mut self) {
        self.framer.reset();
    }

    fn hash(&self) -> FrontendId {
        let mut hasher = Hasher::new(&self.config);
        let (high_q15, low_q30) = self.window.tables();
        hasher.i16s(high_q15);
        hasher.i16s(low_q30);
        if let AnyFft::Fixed(fft) = &self.fft {
            let (cos_q32, sin_q32, bin_of) = fft.tables();
            hasher.u32s(cos_q32);
            hasher.u32s(sin_q32);
            hasher.u16s(bin_of);
        }
        let (ramp_q32, edges) = self.mel.tables();
        hasher.u32s(ramp_q32);
        hasher.u16s(edges);
        let (log2_q24, offset_q24) = self.log.tables();
        hasher.u32s(log2_q24);
        hasher.i32s(offset_q24);
        hasher.finish()
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
