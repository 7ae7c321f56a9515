//! Butterflies: the arithmetic of the integer FFT, on `i32` values in place with twiddles in Q32.
//!
//! Real and imaginary parts lie in separate slices and every loop runs over neighbours, so that the compiler puts four
//! values in one SIMD register on any target, without a line of unsafe code.

use crate::formats::round_shift_i64;

/// sqrt(1/2), Q31.
const SQRT_HALF_Q31: i64 = 1_518_500_250;

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
pub(crate) fn fold(
    x0: &mut [i32],
    x1: &mut [i32],
    x2: &mut [i32],
    x3: &mut [i32],
    cos: &[u32],
    sin: &[u32],
) {
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
pub(crate) fn split(
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
pub(crate) fn butterfly2(re: &mut [i32], im: &mut [i32]) {
    (re[0], re[1]) = (re[0] + re[1], re[0] - re[1]);
    (im[0], im[1]) = (im[0] + im[1], im[0] - im[1]);
}

/// Complex FFT of 4: frequencies 0, 2, 1, -1.
#[inline(always)]
pub(crate) fn butterfly4(re: &mut [i32], im: &mut [i32]) {
    let (re, im) = (&mut re[..4], &mut im[..4]);
    let (a, b, c, d) = (re[0] + re[2], re[1] + re[3], re[0] - re[2], re[1] - re[3]);
    let (e, f, g, h) = (im[0] + im[2], im[1] + im[3], im[0] - im[2], im[1] - im[3]);
    (re[0], re[1], re[2], re[3]) = (a + b, a - b, c + h, c - h);
    (im[0], im[1], im[2], im[3]) = (e + f, e - f, g - d, g + d);
}

/// Complex FFT of 8: what two more steps of the recursion would do, its only true twiddle being W_8.
pub(crate) fn butterfly8(re: &mut [i32], im: &mut [i32]) {
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
