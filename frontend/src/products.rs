//! The resampler's inner loop: two sums of products, in `i64`, over the same `i16` samples.
//!
//! Products and sums are exact, so the order of the additions does not show: the vector instructions that every x86-64
//! and every aarch64 processor has, which keep four running sums in i32, give the bits of the portable loop. None of
//! the four overflows, because the magnitudes of the upper parts add up to less than 2^16, and so do those of the lower
//! parts in one running sum, at most 512 of them and at most 2^7 each; `resampler.rs` asserts both.

use crate::ratio::TAP_BLOCK;

type Block = [i16; TAP_BLOCK];

/// Sums of `samples[i] * high[i]` and of `samples[i] * low[i]`, in whole blocks.
pub(crate) fn sums(samples: &[i16], high: &[i16], low: &[i16]) -> (i64, i64) {
    let (samples, _) = samples.as_chunks();
    let (high, _) = high.as_chunks();
    let (low, _) = low.as_chunks();
    in_blocks(samples, high, low)
}

#[cfg(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
))]
#[expect(unsafe_code, reason = "the feature is asked for by name")]
fn in_blocks(samples: &[Block], high: &[Block], low: &[Block]) -> (i64, i64) {
    // SAFETY: the whole program is compiled for the feature that `vector::in_blocks` enables, or this would not be.
    unsafe { vector::in_blocks(samples, high, low) }
}

#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
)))]
use portable::in_blocks;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod vector {
    use super::Block;
    use core::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_cvtsi128_si64, _mm_loadu_si128, _mm_madd_epi16,
        _mm_setzero_si128, _mm_unpackhi_epi64,
    };

    #[target_feature(enable = "sse2")]
    pub(super) fn in_blocks(samples: &[Block], high: &[Block], low: &[Block]) -> (i64, i64) {
        let (mut high_sums, mut low_sums) = (_mm_setzero_si128(), _mm_setzero_si128());
        for ((samples, high), low) in samples.iter().zip(high).zip(low) {
            let eights = samples.as_chunks().0.iter().zip(high.as_chunks().0);
            for ((samples, high), low) in eights.zip(low.as_chunks().0) {
                let samples = load(samples);
                high_sums = _mm_add_epi32(high_sums, _mm_madd_epi16(load(high), samples));
                low_sums = _mm_add_epi32(low_sums, _mm_madd_epi16(load(low), samples));
            }
        }
        (total(high_sums), total(low_sums))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    #[expect(unsafe_code, reason = "a load takes a pointer")]
    fn load(cells: &[i16; 8]) -> __m128i {
        // SAFETY: the reference is good for the 16 bytes that are read, and the load needs no alignment.
        unsafe { _mm_loadu_si128(cells.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn total(sums: __m128i) -> i64 {
        [sums, _mm_unpackhi_epi64(sums, sums)]
            .into_iter()
            .map(|two| {
                let two = _mm_cvtsi128_si64(two);
                (two >> 32) + i64::from(two as i32)
            })
            .sum()
    }
}

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod vector {
    use super::Block;
    use core::arch::aarch64::{
        int16x8_t, int32x4_t, vaddlvq_s32, vdupq_n_s32, vget_low_s16, vld1q_s16, vmlal_high_s16,
        vmlal_s16,
    };

    #[target_feature(enable = "neon")]
    pub(super) fn in_blocks(samples: &[Block], high: &[Block], low: &[Block]) -> (i64, i64) {
        let (mut high_sums, mut low_sums) = (vdupq_n_s32(0), vdupq_n_s32(0));
        for ((samples, high), low) in samples.iter().zip(high).zip(low) {
            let eights = samples.as_chunks().0.iter().zip(high.as_chunks().0);
            for ((samples, high), low) in eights.zip(low.as_chunks().0) {
                let samples = load(samples);
                high_sums = add_products(high_sums, load(high), samples);
                low_sums = add_products(low_sums, load(low), samples);
            }
        }
        (vaddlvq_s32(high_sums), vaddlvq_s32(low_sums))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    #[expect(unsafe_code, reason = "a load takes a pointer")]
    fn load(cells: &[i16; 8]) -> int16x8_t {
        // SAFETY: the reference is good for the 8 cells that are read.
        unsafe { vld1q_s16(cells.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn add_products(sums: int32x4_t, a: int16x8_t, b: int16x8_t) -> int32x4_t {
        vmlal_high_s16(vmlal_s16(sums, vget_low_s16(a), vget_low_s16(b)), a, b)
    }
}

#[cfg(any(
    test,
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "aarch64", target_feature = "neon")
    ))
))]
mod portable {
    use super::Block;

    /// A block's sum fits i32, so that a compiler sees multiply-adds of neighbours.
    pub(super) fn in_blocks(samples: &[Block], high: &[Block], low: &[Block]) -> (i64, i64) {
        let mut sums = (0, 0);
        for ((samples, high), low) in samples.iter().zip(high).zip(low) {
            sums.0 += i64::from(of_block(samples, high));
            sums.1 += i64::from(of_block(samples, low));
        }
        sums
    }

    fn of_block(samples: &Block, coefficients: &Block) -> i32 {
        let products = samples.iter().zip(coefficients);
        products.map(|(&x, &c)| i32::from(x) * i32::from(c)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, in_blocks, portable};

    fn exact(samples: &[Block], coefficients: &[Block]) -> i64 {
        let products = samples
            .iter()
            .zip(coefficients)
            .flat_map(|(x, c)| x.iter().zip(c).map(|(&x, &c)| i64::from(x) * i64::from(c)));
        products.sum()
    }

    /// Cells from -bound to bound - 1.
    fn noise(seed: u32, bound: i32) -> [Block; 64] {
        let mut state = seed;
        [[(); 32]; 64].map(|block| {
            block.map(|()| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) as i32 % (2 * bound) - bound) as i16
            })
        })
    }

    #[test]
    fn every_implementation_is_exact_up_to_the_bounds() {
        // Upper parts that add up to 2^16 - 1, all in one running sum of each kind of vector.
        let mut one_sum = [[0; 32]; 64];
        (one_sum[0][0], one_sum[63][24], one_sum[5][8]) = (i16::MIN, i16::MAX, 0);
        let mut lows = [[-128; 32]; 64];
        lows[0][..8].fill(0);
        for (samples, high, low) in [
            (noise(1, 1 << 15), noise(2, 32), noise(3, 128)),
            ([[i16::MIN; 32]; 64], one_sum, lows),
            ([[i16::MAX; 32]; 64], one_sum, lows),
            ([[i16::MIN; 32]; 64], noise(4, 32), [[127; 32]; 64]),
        ] {
            for blocks in [0, 1, 3, 64] {
                let (samples, high, low) = (&samples[..blocks], &high[..blocks], &low[..blocks]);
                let expected = (exact(samples, high), exact(samples, low));
                assert_eq!(in_blocks(samples, high, low), expected);
                assert_eq!(portable::in_blocks(samples, high, low), expected);
            }
        }
    }
}
