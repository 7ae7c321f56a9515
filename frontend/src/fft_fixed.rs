//! The integer FFT: real input, in place, i32 with Q32 twiddles, no shift between stages.
//!
//! Real part of the work first: with u\[n\] = x\[n\] + x\[n + N/2\] and v\[n\] = x\[n\] - x\[n + N/2\], the even
//! bins are the real FFT of u (half as long), and the bins X\[4k + 1\] are the complex FFT of
//! (v\[n\] - i v\[n + N/4\]) W_N^n, N/4 long; the bins 4k + 3 are their mirror images. So a real FFT of N
//! falls into complex FFTs of N/4, N/8, ..., 1 with nothing to unpack afterwards. Each complex FFT is a conjugate-pair
//! split radix: besides the lowest operation count, its twiddles W^j and its conjugate stay in one quadrant,
//! so cosine and sine are never negative, and one unsigned 32 x 32 -> 64 bit product does for every target.
//!
//! Bins come out in a permuted order; two tables of u16 say where the parts of each bin lie, and the mel stage reads
//! them there: no spectrum in natural order is ever written.
//!
//! Headroom: every intermediate value is a partial sum of inputs times numbers of modulus below 1, so the L1
//! norm of the input bounds it, plus less than 2^14 of accumulated rounding (docs/numerics.md).
//!
//! # Source
//! I. Kamar, Y. Elcherif, "Conjugate pair fast Fourier transform", Electronics Letters 25(5), 1989.
//! H. V. Sorensen et al., "Real-valued fast Fourier transform algorithms", IEEE Trans. ASSP 35(6), 1987.

use crate::butterfly::{butterfly2, butterfly4, butterfly8, fold, split};
use crate::fft::PowerFft;
use crate::power::power;
use crate::storage::{Pool, Storage};
use crate::tables;
use crate::tables::order::bin_at;

/// Tables of the integer FFT.
///
/// For the transform of length n, twiddle j is at index n/4 + j, j < n/4. The n/4 bins that its real step splits
/// off lie, in the order of [`bin_at`] for the same indices, at n/2 and on (real parts) and at 3n/4 and on.
pub(crate) struct FixedFft<S: Storage> {
    cos_q32: S::Of<u32>,
    sin_q32: S::Of<u32>,
    /// Where the parts of bin k lie, 0 < k < n_fft/2.
    re_at: S::Of<u16>,
    im_at: S::Of<u16>,
}

impl<S: Storage> FixedFft<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, n_fft: usize) -> Self {
        let half = n_fft / 2;
        let (mut cos_q32, mut sin_q32) = (pool.u32s(half), pool.u32s(half));
        let (mut re_at, mut im_at) = (pool.u16s(half), pool.u16s(half));
        for log2 in 2..=n_fft.ilog2() {
            let n = 1usize << log2;
            let quarter = n / 4;
            for j in 0..quarter {
                (cos_q32[quarter + j], sin_q32[quarter + j]) = tables::twiddle::cos_sin_q32(j, n);
            }
            for j in 0..quarter {
                let bin = bin_at(quarter + j, n_fft);
                re_at[bin] = (2 * quarter + j) as u16;
                im_at[bin] = (3 * quarter + j) as u16;
            }
        }
        Self {
            cos_q32,
            sin_q32,
            re_at,
            im_at,
        }
    }

    fn twiddles(&self, quarter: usize) -> (&[u32], &[u32]) {
        (
            &self.cos_q32[quarter..2 * quarter],
            &self.sin_q32[quarter..2 * quarter],
        )
    }

    /// Complex FFT in place, frequencies in the order that [`bin_at`] gives.
    fn complex(&self, re: &mut [i32], im: &mut [i32]) {
        match re.len() {
            1 => {}
            2 => butterfly2(re, im),
            4 => butterfly4(re, im),
            8 => butterfly8(re, im),
            n => {
                let quarter = n / 4;
                let (cos, sin) = self.twiddles(quarter);
                {
                    let (re0, rest) = re.split_at_mut(quarter);
                    let (re1, rest) = rest.split_at_mut(quarter);
                    let (re2, re3) = rest.split_at_mut(quarter);
                    let (im0, rest) = im.split_at_mut(quarter);
                    let (im1, rest) = rest.split_at_mut(quarter);
                    let (im2, im3) = rest.split_at_mut(quarter);
                    split(re0, re1, re2, re3, im0, im1, im2, im3, cos, sin);
                }
                let (re_even, re_odd) = re.split_at_mut(n / 2);
                let (im_even, im_odd) = im.split_at_mut(n / 2);
                self.complex(re_even, im_even);
                let (re_plus, re_minus) = re_odd.split_at_mut(quarter);
                let (im_plus, im_minus) = im_odd.split_at_mut(quarter);
                self.complex(re_plus, im_plus);
                self.complex(re_minus, im_minus);
            }
        }
    }

    /// Every table, for the identity: cosines, sines, order of the bins.
    pub(crate) fn tables(&self) -> (&[u32], &[u32], impl ExactSizeIterator<Item = u16>) {
        let n_fft = 2 * self.cos_q32.len();
        let order = (0..n_fft / 2).map(move |index| bin_at(index, n_fft) as u16);
        (&self.cos_q32, &self.sin_q32, order)
    }
}

impl<S: Storage> PowerFft for FixedFft<S> {
    fn transform(&mut self, frame: &mut [i32]) {
        let mut n = frame.len();
        while n > 2 {
            let quarter = n / 4;
            let (cos, sin) = self.twiddles(quarter);
            let (x0, rest) = frame[..n].split_at_mut(quarter);
            let (x1, rest) = rest.split_at_mut(quarter);
            let (re, im) = rest.split_at_mut(quarter);
            fold(x0, x1, re, im, cos, sin);
            self.complex(re, im);
            n /= 2;
        }
        // What is left are DC and Nyquist.
        let (sum, difference) = (frame[0] + frame[1], frame[0] - frame[1]);
        (frame[0], frame[1]) = (sum, difference);
    }

    #[inline]
    fn powers(&self, frame: &[i32], first_bin: usize) -> impl Iterator<Item = u64> {
        let places = self.re_at[first_bin..].iter().zip(&self.im_at[first_bin..]);
        places.map(|(&re_at, &im_at)| power(frame[usize::from(re_at)], frame[usize::from(im_at)]))
    }

    fn edge_powers(&self, frame: &[i32]) -> [u64; 2] {
        [power(frame[0], 0), power(frame[1], 0)]
    }
}
