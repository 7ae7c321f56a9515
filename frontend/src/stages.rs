//! Stages of one frame: n_fft samples to `mel_bands` levels in Q8.8 dB. This file only composes: window -> FFT -> power
//! -> mel -> log.

use crate::config::{FrontendConfig, MAX_MEL_BANDS};
use crate::error::ConfigError;
use crate::fft_any::AnyFft;
use crate::formats::FLOOR_DB_Q8;
use crate::id::{FrontendId, Hasher};
use crate::log::Log;
use crate::mel::Mel;
use crate::storage::{Lent, Pool, Storage, StorageSize};
use crate::window::Window;

/// The stages between a frame of samples and its levels, which can be run one by one.
///
/// [`crate::Pipeline`] calls [`Stages::process`]; the single steps are for benches, pins and studies of error. Each
/// works on what the one before it left: `window`, `fft`, `mel`, `log`.
///
/// ```
/// use needledrop_frontend::{FrontendConfig, Stages};
///
/// let config = FrontendConfig::COMPACT;
/// let mut stages = Stages::new(&config)?;
/// // A full-scale tone on bin 100: the window spreads it over three bins.
/// let tone: Vec<i16> = (0..config.n_fft)
///     .map(|n| (32_767.0 * (std::f64::consts::TAU * 100.0 * n as f64 / config.n_fft as f64).sin()) as i16)
///     .collect();
/// assert!(stages.window(&tone).is_some());
/// stages.fft();
/// assert!(stages.power(100) > stages.power(99) && stages.power(99) > 1_000_000 * stages.power(97));
/// # Ok::<(), needledrop_frontend::ConfigError>(())
/// ```
pub struct Stages<S: Storage> {
    window: Window<S>,
    fft: AnyFft<S>,
    mel: Mel<S>,
    log: Log,
    frame: S::Of<i32>,
    energy: [u64; MAX_MEL_BANDS],
    levels_q8: [i16; MAX_MEL_BANDS],
    mel_bands: usize,
    shift: Option<u32>,
    /// Whether `frame` holds windowed samples that the FFT has not used up.
    windowed: bool,
}

#[cfg(feature = "alloc")]
impl Stages<crate::storage::Owned> {
    /// Builds the tables on the heap; nothing allocates afterwards.
    ///
    /// # Errors
    /// As [`FrontendConfig::check`].
    pub fn new(config: &FrontendConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::from_pool(config, &mut crate::storage::Owned))
    }
}

impl<'a> Stages<Lent<'a>> {
    /// Builds the tables in lent memory, at least [`StorageSize::of_log_mel`].
    ///
    /// # Errors
    /// As [`FrontendConfig::check`], and [`ConfigError::Storage`] when the memory is too small.
    pub fn new_in(config: &FrontendConfig, mut memory: Lent<'a>) -> Result<Self, ConfigError> {
        config.check()?;
        StorageSize::of_log_mel(config).check(&memory)?;
        Ok(Self::from_pool(config, &mut memory))
    }
}

impl<S: Storage> Stages<S> {
    pub(crate) fn from_pool(config: &FrontendConfig, pool: &mut impl Pool<Storage = S>) -> Self {
        Self {
            window: Window::new(pool, config.n_fft),
            fft: AnyFft::new(pool, config),
            mel: Mel::new(pool, config),
            log: Log::new(config),
            frame: pool.i32s(config.n_fft),
            energy: [0; MAX_MEL_BANDS],
            levels_q8: [0; MAX_MEL_BANDS],
            mel_bands: config.mel_bands,
            shift: None,
            windowed: false,
        }
    }

    /// All of them: the levels of the first n_fft samples, lowest band first, Q8.8 dB.
    ///
    /// # Panics
    /// When there are fewer samples.
    pub fn process(&mut self, samples: &[i16]) -> &[i16] {
        if self.window(samples).is_some() {
            self.fft();
            self.mel();
        }
        self.log()
    }

    /// Windows and scales the first n_fft samples; the power of two it scaled by, `None` when all are zero.
    ///
    /// # Panics
    /// When there are fewer samples.
    #[inline]
    pub fn window(&mut self, samples: &[i16]) -> Option<u32> {
        let samples = &samples[..self.frame.len()];
        self.shift = self.window.process(samples, &mut self.frame);
        self.windowed = self.shift.is_some();
        self.shift
    }

    /// The windowed and scaled samples; what the FFT uses up.
    #[must_use]
    pub fn windowed(&self) -> &[i32] {
        &self.frame
    }

    /// FFT.
    ///
    /// It uses the windowed samples up: called again, or after a frame of zeros, it does nothing.
    #[inline]
    pub fn fft(&mut self) {
        if core::mem::take(&mut self.windowed) {
            self.fft.transform(&mut self.frame);
        }
    }

    /// Power of a bin, 0 to n_fft / 2, of the frame last transformed, in units of 2^11 / 4^shift of a sample's square.
    #[must_use]
    pub fn power(&self, bin: usize) -> u64 {
        self.fft.power(&self.frame, bin)
    }

    /// Energy of each band at peak weight 1, in the units of the power.
    #[inline]
    pub fn mel(&mut self) -> &[u64] {
        match &self.fft {
            AnyFft::Fixed(fft) => self.mel.process(fft, &self.frame, &mut self.energy),
            AnyFft::Micro(fft) => self.mel.process(fft, &self.frame, &mut self.energy),
        }
        &self.energy[..self.mel_bands]
    }

    /// Level of each band, Q8.8 dB; the floor when the frame was all zeros.
    #[inline]
    pub fn log(&mut self) -> &[i16] {
        let levels_q8 = &mut self.levels_q8[..self.mel_bands];
        match self.shift {
            Some(shift) => self.log.process(&self.energy, shift, levels_q8),
            None => levels_q8.fill(FLOOR_DB_Q8),
        }
        levels_q8
    }

    /// Identity: configuration and every table.
    pub(crate) fn id(&self, config: &FrontendConfig) -> FrontendId {
        let mut hasher = Hasher::new(config);
        let (high_q15, low_q30) = self.window.tables();
        hasher.i16s(high_q15);
        hasher.i16s(low_q30);
        if let AnyFft::Fixed(fft) = &self.fft {
            let (cos_q32, sin_q32, order) = fft.tables();
            hasher.u32s(cos_q32);
            hasher.u32s(sin_q32);
            hasher.u16s(order);
        }
        let (ramp_q32, edges) = self.mel.tables();
        hasher.u32s(ramp_q32);
        hasher.u16s(edges.iter().copied());
        let (log2_q24, offset_q24) = self.log.tables();
        hasher.u32s(log2_q24);
        hasher.i32s(offset_q24);
        hasher.finish()
    }
}

impl<S: Storage> core::fmt::Debug for Stages<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stages")
            .field("mel_bands", &self.mel_bands)
            .field("shift", &self.shift)
            .finish_non_exhaustive()
    }
}
