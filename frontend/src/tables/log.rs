//! Constants and tables of the log stage: log2 in Q24, decibels in Q8.8, and what each band's norm and scale add.

use crate::config::FrontendConfig;

/// Segments of the log2 table.
pub(crate) const LOG2_STEPS: usize = 128;

/// From log2 to dB in Q8.8: 256 * 10 log10(2), Q20.
pub(crate) const DB_Q8_PER_LOG2_Q20: i64 =
    (256.0 * 10.0 * core::f64::consts::LOG10_2 * (1u64 << 20) as f64 + 0.5) as i64;

/// Fractional bits to drop from the product of a log2 in Q24 and [`DB_Q8_PER_LOG2_Q20`].
pub(crate) const DB_SHIFT: u32 = 24 + 20;

/// log2(1 + i / 128), Q24.
pub(crate) fn log2_q24(i: usize) -> u32 {
    super::to_fixed(libm::log2(1.0 + i as f64 / LOG2_STEPS as f64), 24) as u32
}

/// log2(norm / 32768^2) of each band, Q24.
pub(crate) fn fill_offset_q24(config: &FrontendConfig, offset_q24: &mut [i32]) {
    for (band, offset) in offset_q24[..config.mel_bands].iter_mut().enumerate() {
        let norm = super::mel::norm(config, band);
        *offset = super::to_fixed(libm::log2(norm) - 30.0, 24) as i32;
    }
}
