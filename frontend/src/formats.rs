//! Number formats: rounding and saturation live here and nowhere else.
//!
//! A suffix `_qN` says that a bare integer counts in units of 2^-N.

/// The floor of the output, -100 dB, in Q8.8.
pub const FLOOR_DB_Q8: i16 = -100 * 256;

/// A level in dB, Q8.8: what the frontend puts out, in steps of 1/256 dB from -128 to +127.996 dB.
///
/// ```
/// use needledrop_frontend::DbQ8;
///
/// assert_eq!(DbQ8::from_bits(-384).to_f32(), -1.5);
/// assert_eq!(DbQ8::from_f32(-1.5).to_bits(), -384);
/// assert_eq!(DbQ8::from_f32(1e9).to_bits(), i16::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DbQ8(i16);

impl DbQ8 {
    /// From the integer the frontend gives.
    #[must_use]
    pub const fn from_bits(bits: i16) -> Self {
        Self(bits)
    }

    /// The integer.
    #[must_use]
    pub const fn to_bits(self) -> i16 {
        self.0
    }

    /// The nearest representable level; saturates, and a NaN gives 0 dB.
    #[must_use]
    #[expect(
        clippy::float_arithmetic,
        reason = "conversion at the edge of the fixed-point world"
    )]
    pub fn from_f32(db: f32) -> Self {
        Self(libm::roundf(db * 256.0) as i16)
    }

    /// The level in dB, exact.
    #[must_use]
    #[expect(
        clippy::float_arithmetic,
        reason = "conversion at the edge of the fixed-point world"
    )]
    pub fn to_f32(self) -> f32 {
        f32::from(self.0) / 256.0
    }
}

/// `value / 2^shift`, rounded half up. `shift` must be 1..=62 and |value| below 2^62.
#[inline]
pub(crate) const fn round_shift_i64(value: i64, shift: u32) -> i64 {
    (value + (1 << (shift - 1))) >> shift
}

/// Saturates to i16.
#[inline]
pub(crate) const fn saturate_i16(value: i64) -> i16 {
    if value > i16::MAX as i64 {
        i16::MAX
    } else if value < i16::MIN as i64 {
        i16::MIN
    } else {
        value as i16
    }
}

#[cfg(test)]
mod tests {
    use super::{DbQ8, round_shift_i64, saturate_i16};

    #[test]
    fn rounds_half_up_and_saturates() {
        assert_eq!(round_shift_i64(3, 1), 2);
        assert_eq!(round_shift_i64(-3, 1), -1);
        assert_eq!(round_shift_i64(-5, 2), -1);
        assert_eq!(saturate_i16(40_000), i16::MAX);
        assert_eq!(saturate_i16(-40_000), i16::MIN);
        assert_eq!(saturate_i16(-7), -7);
    }

    #[test]
    fn every_level_survives_a_float() {
        for bits in i16::MIN..=i16::MAX {
            assert_eq!(
                DbQ8::from_f32(DbQ8::from_bits(bits).to_f32()).to_bits(),
                bits
            );
        }
    }
}
