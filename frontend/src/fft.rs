//! FFT: the seam between the two implementations.

use crate::config::{FftKind, FrontendConfig};
use crate::fft_fixed::FixedFft;
use crate::fft_micro::MicroFft;
use crate::storage::{Pool, Storage};

/// A real FFT whose bins are read as powers, each when it is wanted, so that no spectrum of 64-bit powers is held.
pub(crate) trait PowerFft {
    /// Transforms `frame`, n_fft values, which hold the spectrum or nothing afterwards.
    ///
    /// The sum of magnitudes of `frame` must be below 2^31 - 2^16; then every |X| is below 2^31.
    fn transform(&mut self, frame: &mut [i32]);

    /// Powers of the bins from `first_bin` to the one before Nyquist, in the unit of [`crate::power::power`]; what
    /// stands for bin 0 is at most twice its power and means nothing.
    fn powers(&self, frame: &[i32], first_bin: usize) -> impl Iterator<Item = u64>;

    /// Powers at DC and at Nyquist.
    fn edge_powers(&self, frame: &[i32]) -> [u64; 2];
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

    pub(crate) fn transform(&mut self, frame: &mut [i32]) {
        match self {
            Self::Fixed(fft) => fft.transform(frame),
            Self::Micro(fft) => fft.transform(frame),
        }
    }

    /// Power of any bin from DC to Nyquist.
    pub(crate) fn power(&self, frame: &[i32], bin: usize) -> u64 {
        fn of(fft: &impl PowerFft, frame: &[i32], bin: usize) -> u64 {
            let [dc, nyquist] = fft.edge_powers(frame);
            if bin == 0 {
                return dc;
            }
            fft.powers(frame, bin).next().unwrap_or(nyquist)
        }
        match self {
            Self::Fixed(fft) => of(fft, frame, bin),
            Self::Micro(fft) => of(fft, frame, bin),
        }
    }
}
