//! The integer FFT: real input, in place, i32 with Q32 twiddles, no shift between stages.
//!
//! Real part of the work first: with u\[n\] = x\[n\] + x\[n + N/2\] and v\[n\] = x\[n\] - x\[n + N/2\], the even
//! bins are the real FFT of u (half as long), and the bins X\[4k + 1\] are the complex FFT of
//! (v\[n\] - i v\[n + N/4\]) W_N^n, N/4 long; the bins 4k + 3 are their mirror images. So a real FFT of N
//! falls into complex FFTs of N/4, N/8, ..., 1 with nothing to unpack afterwards. Each complex FFT is a conjugate-pair
//! split radix: besides the lowest operation count, its twiddles W^j and its conjugate stay in one quadrant,
//! so cosine and sine are never negative, and one unsigned 32 x 32 -> 64 bit product does for every target.
//!
//! Bins come out in a permuted order; a table of u16 puts the powers in place.
//!
//! Headroom: every intermediate value is a partial sum of inputs times numbers of modulus below 1, so the L1
//! norm of the input bounds it, plus less than 2^14 of accumulated rounding (docs/numerics.md).
//!
//! # Source
//! I. Kamar, Y. Elcherif, "Conjugate pair fast Fourier transform", Electronics Letters 25(5), 1989.
//! H. V. Sorensen et al., "Real-valued fast Fourier transform algorithms", IEEE Trans. ASSP 35(6), 1987.

use crate::fft::PowerFft;
use crate::formats::round_shift_i64;
use crate::power::power;
use crate::storage::{Pool, Storage};
use crate::tables;

/// sqrt(1/2), Q31.
const SQRT_HALF_Q31: i64 = 1_518_500_250;

/// Tables of the integer FFT.
///
/// For the transform of length n, twiddle j is at index n/4 + j, j < n/4; the order of the n/4 bins that its
/// real step splits off is at the same indices.
pub(crate) struct FixedFft<S: Storage> {
    cos_q32: S::Of<u32>,
    sin_q32: S::Of<u32>,
    bin_of: S::Of<u16>,
}

impl<S: Storage> FixedFft<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, n_fft: usize) -> Self {
        let half = n_fft / 2;
        let (mut cos_q32, mut sin_q32) = (pool.u32s(half), pool.u32s(half));
        let mut bin_of = pool.u16s(half);
        for log2 in 2..=n_fft.ilog2() {
            let n = 1usize << log2;
            let quarter = n / 4;
            for j in 0..quarter {
                (cos_q32[quarter + j], sin_q32[quarter + j]) = tables::twiddle::cos_sin_q32(j, n);
            }
            let stride = n_fft / n;
            order(&mut bin_of[quarter..2 * quarter], n_fft, stride, 4 * stride);
        }
        Self {
            cos_q32,
            sin_q32,
            bin_of,
        }
    }

    /// Transforms in place: bin `bin_of[i]` of block i in q..2q is at (2q + i - q, 3q + i - q); DC at 0, Nyquist at 1.
    pub(crate) fn transform(&self, frame: &mut [i32]) {
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
        let (sum, difference) = (frame[0] + frame[1], frame[0] - frame[1]);
        (frame[0], frame[1]) = (sum, difference);
    }

    fn twiddles(&self, quarter: usize) -> (&[u32], &[u32]) {
        (
            &self.cos_q32[quarter..2 * quarter],
            &self.sin_q32[quarter..2 * quarter],
        )
    }

    /// Complex FFT in place, frequencies in the order that [`order`] gives.
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

    /// Every table, for the identity.
    pub(crate) fn tables(&self) -> (&[u32], &[u32], &[u16]) {
        (&self.cos_q32, &self.sin_q32, &self.bin_of)
    }
}

impl<S: Storage> PowerFft for FixedFft<S> {
    fn process(&mut self, frame: &mut [i32], out: &mut [u64]) {
        self.transform(frame);
        let half = frame.len() / 2;
        let mut n = half;
        while n > 1 {
            let quarter = n / 2;
            let (re, im) = frame[n..2 * n].split_at(quarter);
            let bins = &self.bin_of[quarter..n];
            for ((&re, &im), &bin) in re.iter().zip(im).zip(bins) {
                out[usize::from(bin)] = power(re, im);
            }
            n /= 2;
        }
        out[0] = power(frame[0], 0);
        out[half] = power(frame[1], 0);
    }
}

/// Fills in which bin each output of a complex FFT is: frequency `base + stride * k` for its natural k.
fn order(bin_of: &mut [u16], n_fft: usize, base: usize, stride: usize) {
    let len = bin_of.len();
    match len {
        0 => {}
        1 => {
            let frequency = base % n_fft;
            bin_of[0] = frequency.min(n_fft - frequency) as u16;
        }
        2 => {
            order(&mut bin_of[..1], n_fft, base, stride);
            order(&mut bin_of[1..], n_fft, base + stride, stride);
        }
        _ => {
            let (even, odd) = bin_of.split_at_mut(len / 2);
            let (plus, minus) = odd.split_at_mut(len / 4);
            order(even, n_fft, base, 2 * stride);
            order(plus, n_fft, base + stride, 4 * stride);
            order(minus, n_fft, base + n_fft - stride, 4 * stride);
        }
    }
}

/// (a + i b)(c - i s), each part rounded to nearest, for c and s in Q32, even and not negative.
///
/// a + 2^31 makes the operands unsigned; the surplus 2^31 (c + s) is an integer in the upper word.
#[inline(always)]
fn rotate(a: i32, b: i32, c: u32, s: u32) -> (i32, i32) {
    let (a, b) = (bias(a), bias(b));
    let re = product(a, c).wrapping_add(product(b, s));
    let im = product(b, c).wrapping_sub(product(a, s));
    let (c, s) = (c >> 1, s >> 1);
    (upper(re, c.wrapping_add(s)), upper(im, c.wrapping_sub(s)))
}

/// (a + i b)(c + i s), as [`rotate`].
#[inline(always)]
fn rotate_back(a: i32, b: i32, c: u32, s: u32) -> (i32, i32) {
    let (a, b) = (bias(a), bias(b));
    let re = product(a, c).wrapping_sub(product(b, s));
    let im = product(b, c).wrapping_add(product(a, s));
    let (c, s) = (c >> 1, s >> 1);
    (upper(re, c.wrapping_sub(s)), upper(im, c.wrapping_add(s)))
}

#[inline(always)]
fn bias(a: i32) -> u32 {
    a as u32 ^ 0x8000_0000
}

#[inline(always)]
fn product(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}

#[inline(always)]
fn upper(biased: u64, surplus: u32) -> i32 {
    ((biased.wrapping_add(1 << 31) >> 32) as u32).wrapping_sub(surplus) as i32
}

/// The real step: sums stay for the next, differences become n/4 twiddled complex values, in place.
#[inline(never)]
fn fold(x0: &mut [i32], x1: &mut [i32], x2: &mut [i32], x3: &mut [i32], cos: &[u32], sin: &[u32]) {
    let n = x0.len();
    let (x1, x2, x3) = (&mut x1[..n], &mut x2[..n], &mut x3[..n]);
    let (cos, sin) = (&cos[..n], &sin[..n]);
    for j in 0..n {
        let (a, b, c, d) = (x0[j], x1[j], x2[j], x3[j]);
        x0[j] = a + c;
        x1[j] = b + d;
        (x2[j], x3[j]) = rotate(a - c, d - b, cos[j], sin[j]);
    }
}

/// The conjugate-pair step: one quarter of a complex FFT's values with each of the others, in place.
#[inline(never)]
#[expect(
    clippy::too_many_arguments,
    reason = "as parameters the parts are known not to overlap, which is what lets the loop run in SIMD lanes"
)]
fn split(
    re0: &mut [i32],
    re1: &mut [i32],
    re2: &mut [i32],
    re3: &mut [i32],
    im0: &mut [i32],
    im1: &mut [i32],
    im2: &mut [i32],
    im3: &mut [i32],
    cos: &[u32],
    sin: &[u32],
) {
    let n = re0.len();
    let (re1, re2, re3) = (&mut re1[..n], &mut re2[..n], &mut re3[..n]);
    let (im0, im1) = (&mut im0[..n], &mut im1[..n]);
    let (im2, im3) = (&mut im2[..n], &mut im3[..n]);
    let (cos, sin) = (&cos[..n], &sin[..n]);
    for j in 0..n {
        let (tr, ti) = (re0[j] - re2[j], im0[j] - im2[j]);
        let (ur, ui) = (re1[j] - re3[j], im1[j] - im3[j]);
        re0[j] += re2[j];
        im0[j] += im2[j];
        re1[j] += re3[j];
        im1[j] += im3[j];
        (re2[j], im2[j]) = rotate(tr + ui, ti - ur, cos[j], sin[j]);
        (re3[j], im3[j]) = rotate_back(tr - ui, ti + ur, cos[j], sin[j]);
    }
}

/// Complex FFT of 2.
#[inline(always)]
fn butterfly2(re: &mut [i32], im: &mut [i32]) {
    (re[0], re[1]) = (re[0] + re[1], re[0] - re[1]);
    (im[0], im[1]) = (im[0] + im[1], im[0] - im[1]);
}

/// Complex FFT of 4: frequencies 0, 2, 1, -1.
#[inline(always)]
fn butterfly4(re: &mut [i32], im: &mut [i32]) {
    let (re, im) = (&mut re[..4], &mut im[..4]);
    let (a, b, c, d) = (re[0] + re[2], re[1] + re[3], re[0] - re[2], re[1] - re[3]);
    let (e, f, g, h) = (im[0] + im[2], im[1] + im[3], im[0] - im[2], im[1] - im[3]);
    (re[0], re[1], re[2], re[3]) = (a + b, a - b, c + h, c - h);
    (im[0], im[1], im[2], im[3]) = (e + f, e - f, g - d, g + d);
}

/// Complex FFT of 8: what two more steps of the recursion would do, its only true twiddle being W_8.
fn butterfly8(re: &mut [i32], im: &mut [i32]) {
    let (re, im) = (&mut re[..8], &mut im[..8]);
    // t = z[j] - z[j + 4], u = z[j + 2] - z[j + 6]; then t - i u goes to frequencies 4k + 1, t + i u to 4k - 1.
    let (tr0, ti0) = (re[0] - re[4], im[0] - im[4]);
    let (ur0, ui0) = (re[2] - re[6], im[2] - im[6]);
    let (tr1, ti1) = (re[1] - re[5], im[1] - im[5]);
    let (ur1, ui1) = (re[3] - re[7], im[3] - im[7]);
    for j in 0..4 {
        re[j] += re[j + 4];
        im[j] += im[j + 4];
    }
    butterfly4(&mut re[..4], &mut im[..4]);
    let (plus_re, plus_im) = rotate_eighth(tr1 + ui1, ti1 - ur1);
    let (minus_im, minus_re) = rotate_eighth(ti1 + ur1, tr1 - ui1);
    (re[4], re[5]) = (tr0 + ui0 + plus_re, tr0 + ui0 - plus_re);
    (im[4], im[5]) = (ti0 - ur0 + plus_im, ti0 - ur0 - plus_im);
    (re[6], re[7]) = (tr0 - ui0 + minus_re, tr0 - ui0 - minus_re);
    (im[6], im[7]) = (ti0 + ur0 + minus_im, ti0 + ur0 - minus_im);
}

/// (a + i b) W_8, each part rounded to nearest: ((a + b) + i (b - a)) / sqrt(2).
///
/// With the parts swapped before and after, it is the product with the conjugate of W_8.
#[inline(always)]
fn rotate_eighth(a: i32, b: i32) -> (i32, i32) {
    let (a, b) = (i64::from(a), i64::from(b));
    let scale = |sum: i64| round_shift_i64(sum * SQRT_HALF_Q31, 31) as i32;
    (scale(a + b), scale(b - a))
}
