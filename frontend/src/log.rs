//! Log: the energy of each band in `u64` to its level in decibels, Q8.8 in `i16`.
//!
//! log2 by count-leading-zeros and a table of 129 entries with linear interpolation. Scale of the frame, PCM
//! full scale and the norm of the band are one addition in the log domain.

use crate::config::{FrontendConfig, MAX_MEL_BANDS};
use crate::formats::{FLOOR_DB_Q8, round_shift_i64, saturate_i16};
use crate::power::POWER_SHIFT;
use crate::tables;
use crate::tables::log::{DB_Q8_PER_LOG2_Q20, DB_SHIFT, LOG2_STEPS};

/// Tables of the log stage.
pub(crate) struct Log {
    /// log2(1 + i / 128) in Q24.
    log2_q24: [u32; LOG2_STEPS + 1],
    /// log2 of the band's norm over PCM full scale squared, Q24.
    offset_q24: [i32; MAX_MEL_BANDS],
    mel_bands: usize,
}

impl Log {
    pub(crate) fn new(config: &FrontendConfig) -> Self {
        let mut offset_q24 = [0; MAX_MEL_BANDS];
        tables::log::fill_offset_q24(config, &mut offset_q24);
        Self {
            log2_q24: core::array::from_fn(tables::log::log2_q24),
            offset_q24,
            mel_bands: config.mel_bands,
        }
    }

    /// Levels of the bands of a frame that was scaled by 2^shift.
    pub(crate) fn process(&self, energy: &[u64], shift: u32, out: &mut [i16]) {
        // 2^shift is squared in the energy, which the power stage has divided by 2^POWER_SHIFT.
        let scale_q24 = (2 * i64::from(shift) - i64::from(POWER_SHIFT)) << 24;
        for ((out, &energy), &offset_q24) in out[..self.mel_bands]
            .iter_mut()
            .zip(energy)
            .zip(&self.offset_q24)
        {
            *out = if energy == 0 {
                FLOOR_DB_Q8
            } else {
                let log2_q24 = i64::from(self.log2(energy)) - scale_q24 + i64::from(offset_q24);
                let db_q8 = round_shift_i64(log2_q24 * DB_Q8_PER_LOG2_Q20, DB_SHIFT);
                saturate_i16(db_q8).max(FLOOR_DB_Q8)
            };
        }
    }

    /// log2 in Q24 of an energy that is not 0.
    fn log2(&self, energy: u64) -> u32 {
        let exponent = 63 - energy.leading_zeros();
        // 1.fraction in Q32: the table's index is the upper 7 bits of the fraction, the rest interpolates.
        let fraction_q32 = ((energy << (63 - exponent)) << 1 >> 32) as u32;
        let index = (fraction_q32 >> 25) as usize;
        let rest_q25 = u64::from(fraction_q32 & 0x01ff_ffff);
        let (low, high) = (self.log2_q24[index], self.log2_q24[index + 1]);
        let step = (u64::from(high - low) * rest_q25) >> 25;
        (exponent << 24) + low + step as u32
    }

    /// Every table, for the identity.
    pub(crate) fn tables(&self) -> (&[u32], &[i32]) {
        (&self.log2_q24, &self.offset_q24[..self.mel_bands])
    }
}
