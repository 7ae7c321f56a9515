//! Twiddle factors of the integer FFT: an index and a length in, cosine and sine in Q32 out.

use core::f64::consts::PI;

/// cos and sin of 2 pi j / n for j < n / 4, as Q32: Q31 rounded to nearest, at most 2^31 - 1, doubled.
///
/// Being even, half of their sum is an integer, which the FFT's bias correction needs.
pub(crate) fn cos_sin_q32(j: usize, n: usize) -> (u32, u32) {
    let angle = 2.0 * PI * j as f64 / n as f64;
    let q32 = |value: f64| 2 * super::to_fixed(value, 31).min((1 << 31) - 1) as u32;
    (q32(libm::cos(angle)), q32(libm::sin(angle)))
}
