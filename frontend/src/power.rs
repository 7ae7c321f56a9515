//! Power: a bin's parts in `i32` to its squared magnitude in `u64`, in units of 2^11.
//!
//! An impulse has the same magnitude, up to 2^31, in all bins; eleven bits are dropped so that the sum over 2049 of
//! them still fits u64. The last bit kept is then a magnitude of 45, as the rounding noise of the FFT itself.

/// Bits dropped from |X|^2.
pub(crate) const POWER_SHIFT: u32 = 11;

/// (re^2 + im^2) / 2^11, rounded down: at most 2^52 for any input, and below 2^51 for |re + i im| < 2^31.
#[inline]
pub(crate) const fn power(re: i32, im: i32) -> u64 {
    let (re, im) = (re as i64, im as i64);
    ((re * re) as u64 + (im * im) as u64) >> POWER_SHIFT
}

#[cfg(test)]
mod tests {
    use super::power;

    #[test]
    fn is_exact_at_the_extremes() {
        assert_eq!(power(i32::MIN, i32::MIN), 1 << 52);
        assert_eq!(power(i32::MAX, 0), (i32::MAX as u64).pow(2) >> 11);
        assert_eq!(power(-32, 32), 1);
        assert_eq!(power(-32, 31), 0);
    }
}
