//! Periodic Hann window: an index and a length in, the weight in Q30 out.

use core::f64::consts::PI;

/// Weight n of a periodic Hann window, Q30, at most 2^30 - 1 so that both 15-bit halves fit i16.
pub(crate) fn hann_q30(n: usize, n_fft: usize) -> u32 {
    // sin^2 keeps its relative precision at the edges, where 1 - cos would cancel.
    let sine = libm::sin(PI * n as f64 / n_fft as f64);
    super::to_fixed(sine * sine, 30).min((1 << 30) - 1) as u32
}
