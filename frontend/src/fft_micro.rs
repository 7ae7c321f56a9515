//! The float FFT: `microfft`'s f32 real transform, the one declared float island of the signal path.
#![expect(
    clippy::float_arithmetic,
    reason = "this stage is the float alternative to fft_fixed"
)]

use microfft::real::{rfft_256, rfft_512, rfft_1024, rfft_2048, rfft_4096};

use crate::fft::PowerFft;
use crate::power::POWER_SHIFT;
use crate::storage::{Pool, Storage};

/// Working memory of the float FFT.
pub(crate) struct MicroFft<S: Storage> {
    frame: S::Of<f32>,
}

impl<S: Storage> MicroFft<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, n_fft: usize) -> Self {
        Self {
            frame: pool.f32s(n_fft),
        }
    }

    /// Power of a bin, rounded down.
    #[inline]
    fn power(re: f32, im: f32) -> u64 {
        const SCALE: f32 = 1.0 / (1u32 << POWER_SHIFT) as f32;
        ((re * re + im * im) * SCALE) as u64
    }
}

impl<S: Storage> PowerFft for MicroFft<S> {
    fn transform(&mut self, frame: &mut [i32]) {
        for (y, &x) in self.frame.iter_mut().zip(&*frame) {
            *y = x as f32;
        }
        // In place: bin k is left at 2k and 2k + 1. The configuration check admits no length but these five.
        let frame = &mut *self.frame;
        match frame.len() {
            256 => _ = frame.try_into().map(rfft_256),
            512 => _ = frame.try_into().map(rfft_512),
            1024 => _ = frame.try_into().map(rfft_1024),
            2048 => _ = frame.try_into().map(rfft_2048),
            _ => _ = frame.try_into().map(rfft_4096),
        }
    }

    #[inline]
    fn powers(&self, _frame: &[i32], first_bin: usize) -> impl Iterator<Item = u64> {
        let (bins, _) = self.frame.as_chunks::<2>();
        bins[first_bin.min(bins.len())..]
            .iter()
            .map(|&[re, im]| Self::power(re, im))
    }

    fn edge_powers(&self, _frame: &[i32]) -> [u64; 2] {
        // microfft packs the real bin at Nyquist into the imaginary part of DC.
        [self.frame[0], self.frame[1]].map(|bin| Self::power(bin, 0.0))
    }
}
