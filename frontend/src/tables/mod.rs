//! Design time: every table, computed in f64 with the pure-Rust `libm` and rounded once.
//!
//! Basic f64 operations are exact IEEE 754 on every target, compiler contraction is off in Rust, and `libm` is
//! the same code everywhere: so the tables are the same bits everywhere, also where f64 is emulated. Nothing
//! here runs after construction.
#![expect(
    clippy::float_arithmetic,
    reason = "design in human units happens once, before the first sample"
)]

pub(crate) mod log;
pub(crate) mod mel;
pub(crate) mod order;
pub(crate) mod resampler;
pub(crate) mod twiddle;
pub(crate) mod window;

/// Half the sample rate, Hz.
pub(crate) fn nyquist_hz(sample_rate_hz: u32) -> f64 {
    f64::from(sample_rate_hz) / 2.0
}

/// The nearest integer to `value * 2^bits`.
fn to_fixed(value: f64, bits: u32) -> i64 {
    libm::round(value * (1u64 << bits) as f64) as i64
}
