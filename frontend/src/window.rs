//! Window: multiplies a frame by a periodic Hann and brings it to the largest safe scale. n_fft samples in `i16` to as
//! many in `i32`, and the power of two that they were scaled by.
//!
//! The weight is 30 bits, held as an upper and a lower half of 15 bits, so that both products fit i32 and
//! four or eight of them run at once on any SIMD unit. The scale is a power of two, one for each frame,
//! chosen from an upper bound of the windowed frame's L1 norm: no partial sum of any DFT can exceed that
//! norm, so the whole FFT is safe in i32 without a shift between its stages (docs/numerics.md).

use crate::config::MAX_N_FFT;
use crate::storage::{Pool, Storage};
use crate::tables;

/// The L1 norm is bounded chunk by chunk: sum of magnitudes times the chunk's greatest weight.
const CHUNK_SAMPLES: usize = 64;
/// Most chunks in a frame.
const MAX_CHUNKS: usize = MAX_N_FFT / CHUNK_SAMPLES;
/// Fractional bits of a chunk's greatest weight.
const BOUND_BITS: u32 = 15;
/// What a scaled frame's L1 norm stays below: i32 less a margin for the FFT's own rounding.
const L1_LIMIT: u64 = (1 << 31) - (1 << 17);
/// Greatest scale: more would only magnify the rounding of the lower half's product.
const MAX_SHIFT: u32 = 15;

/// Window weights and what bounds them.
pub(crate) struct Window<S: Storage> {
    high_q15: S::Of<i16>,
    low_q30: S::Of<i16>,
    chunk_max_q15: [u32; MAX_CHUNKS],
}

impl<S: Storage> Window<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, n_fft: usize) -> Self {
        let (mut high_q15, mut low_q30) = (pool.i16s(n_fft), pool.i16s(n_fft));
        let mut chunk_max_q15 = [0; MAX_CHUNKS];
        for n in 0..n_fft {
            let weight_q30 = tables::window::hann_q30(n, n_fft);
            high_q15[n] = (weight_q30 >> 15) as i16;
            low_q30[n] = (weight_q30 & 0x7fff) as i16;
            let max = &mut chunk_max_q15[n / CHUNK_SAMPLES];
            *max = (*max).max((weight_q30 >> 15) + 1);
        }
        Self {
            high_q15,
            low_q30,
            chunk_max_q15,
        }
    }

    /// Writes the windowed samples times 2^shift, rounded, and returns the shift; `None` for a frame of zeros.
    ///
    /// The sum of magnitudes written stays below [`L1_LIMIT`] plus half an LSB a sample.
    pub(crate) fn process(&self, samples: &[i16], out: &mut [i32]) -> Option<u32> {
        let bound_q15: u64 = samples
            .chunks_exact(CHUNK_SAMPLES)
            .zip(&self.chunk_max_q15)
            .map(|(chunk, &max_q15)| u64::from(magnitude_sum(chunk)) * u64::from(max_q15))
            .sum();
        if bound_q15 == 0 {
            return None;
        }
        // The greatest shift with bound << shift <= limit.
        let shift = ((L1_LIMIT << BOUND_BITS) / bound_q15)
            .ilog2()
            .min(MAX_SHIFT);
        let down = MAX_SHIFT - shift;
        let half = (1i32 << down) >> 1;
        for (((y, &x), &high), &low) in out
            .iter_mut()
            .zip(samples)
            .zip(&*self.high_q15)
            .zip(&*self.low_q30)
        {
            let x = i32::from(x);
            let fraction = (x * i32::from(low) + (1 << 14)) >> 15;
            *y = (x * i32::from(high) + fraction + half) >> down;
        }
        Some(shift)
    }

    /// Every table, for the identity.
    pub(crate) fn tables(&self) -> (&[i16], &[i16]) {
        (&self.high_q15, &self.low_q30)
    }
}

/// Sum of magnitudes; at most 64 * 32768.
fn magnitude_sum(chunk: &[i16]) -> u32 {
    chunk.iter().map(|&x| u32::from(x.unsigned_abs())).sum()
}
