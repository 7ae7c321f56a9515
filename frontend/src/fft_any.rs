//! The FFT that the configuration asks for, whichever it is: n_fft samples in `i32` to powers in `u64`.

use crate::config::{FftKind, FrontendConfig};
use crate::fft::PowerFft;
use crate::fft_fixed::FixedFft;
use crate::fft_micro::MicroFft;
use crate::storage::{Pool, Storage};

/// One of the implementations, chosen once at construction.
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
