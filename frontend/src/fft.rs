//! FFT: the seam between the two implementations.

use crate::config::{FftKind, FrontendConfig};
use crate::fft_fixed::FixedFft;
use crate::fft_micro::MicroFft;
use crate::storage::{Pool, Storage};

/// A real FFT followed by the squared magnitude of every bin.
pub(crate) trait PowerFft {
    /// Transforms `frame` (n_fft values, destroyed) and writes the n_fft / 2 + 1 powers from DC to Nyquist, in the
    /// unit of [`crate::power::power`].
    ///
    /// The sum of magnitudes of `frame` must be below 2^31 - 2^16; then every |X| is below 2^31.
    fn process(&mut self, frame: &mut [i32], power: &mut [u64]);
}

/// The implementation the configuration asks for.
pub(crate) enum AnyFft<S: Storage> {
    Fixed(FixedFft<S>),
    Micro(MicroFft<S>),
}

impl<S: Storage> AnyFft<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, config: &FrontendConfig) -> Self {
        match config.fft {
            FftKind::Fixed => Self::Fixed(FixedFft::new(pool, config.n_fft)),
            FftKind::Micro => Self::Micro(MicroFft::new(pool, config.n_fft)),
        }
    }
}

impl<S: Storage> PowerFft for AnyFft<S> {
    fn process(&mut self, frame: &mut [i32], power: &mut [u64]) {
        match self {
            Self::Fixed(fft) => fft.process(frame, power),
            Self::Micro(fft) => fft.process(frame, power),
        }
    }
}
