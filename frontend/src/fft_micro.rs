//! The float FFT: `microfft`'s f32 real transform, the one declared float island of the signal path.
#![expect(
    clippy::float_arithmetic,
    reason = "this stage is the float alternative to fft_fixed"
)]

use microfft::Complex32;
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

    /// The n_fft / 2 bins from DC; the configuration check admits no length but these five.
    fn transform(frame: &mut [f32]) -> &[Complex32] {
        match frame.len() {
            256 => frame.try_into().map_or(&[], |frame| rfft_256(frame)),
            512 => frame.try_into().map_or(&[], |frame| rfft_512(frame)),
            1024 => frame.try_into().map_or(&[], |frame| rfft_1024(frame)),
            2048 => frame.try_into().map_or(&[], |frame| rfft_2048(frame)),
            _ => frame.try_into().map_or(&[], |frame| rfft_4096(frame)),
        }
    }
}

impl<S: Storage> PowerFft for MicroFft<S> {
    fn process(&mut self, frame: &mut [i32], out: &mut [u64]) {
        for (y, &x) in self.frame.iter_mut().zip(&*frame) {
            *y = x as f32;
        }
        let half = frame.len() / 2;
        let scale = 1.0 / (1u32 << POWER_SHIFT) as f32;
        let bins = Self::transform(&mut self.frame);
        for (out, bin) in out[..half].iter_mut().zip(bins) {
            *out = ((bin.re * bin.re + bin.im * bin.im) * scale) as u64;
        }
        // microfft packs the real bin at Nyquist into the imaginary part of DC.
        if let Some(dc) = bins.first() {
            out[0] = (dc.re * dc.re * scale) as u64;
            out[half] = (dc.im * dc.im * scale) as u64;
        }
    }
}
