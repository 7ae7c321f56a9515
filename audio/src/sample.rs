//! Sample formats, all read in units of one 16-bit step.

/// A PCM sample format.
///
/// # Units
/// [`Sample::to_i16_steps`] gives the value in 16-bit steps: full scale is 32 768. Every scale is a power of two, so
/// nothing but the conversion of wide integers to `f32` rounds.
pub trait Sample: Copy {
    /// The value in 16-bit steps.
    fn to_i16_steps(self) -> f32;
}

/// A signed 24-bit sample in the low bits of an `i32`, sign-extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct I24(pub i32);

/// An unsigned 24-bit sample in the low bits of a `u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct U24(pub u32);

impl Sample for i8 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        f32::from(self) * 256.0
    }
}

impl Sample for u8 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        (f32::from(self) - 128.0) * 256.0
    }
}

impl Sample for i16 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for u16 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        f32::from(self) - 32_768.0
    }
}

impl Sample for I24 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        self.0 as f32 / 256.0
    }
}

impl Sample for U24 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        I24((self.0 & 0x00ff_ffff) as i32 - 0x0080_0000).to_i16_steps()
    }
}

impl Sample for i32 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        self as f32 / 65_536.0
    }
}

impl Sample for u32 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        ((self ^ 0x8000_0000) as i32).to_i16_steps()
    }
}

impl Sample for f32 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        self * 32_768.0
    }
}

impl Sample for f64 {
    #[inline]
    fn to_i16_steps(self) -> f32 {
        (self * 32_768.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_middle_at_zero_and_its_floor_at_full_scale() {
        let floors = [
            i8::MIN.to_i16_steps(),
            u8::MIN.to_i16_steps(),
            i16::MIN.to_i16_steps(),
            u16::MIN.to_i16_steps(),
            I24(-0x0080_0000).to_i16_steps(),
            U24(0).to_i16_steps(),
            i32::MIN.to_i16_steps(),
            u32::MIN.to_i16_steps(),
            (-1.0f32).to_i16_steps(),
            (-1.0f64).to_i16_steps(),
        ];
        assert_eq!(floors, [-32_768.0; 10]);
        let middles = [
            0i8.to_i16_steps(),
            128u8.to_i16_steps(),
            0i16.to_i16_steps(),
            0x8000u16.to_i16_steps(),
            I24(0).to_i16_steps(),
            U24(0x0080_0000).to_i16_steps(),
            0i32.to_i16_steps(),
            0x8000_0000u32.to_i16_steps(),
        ];
        assert_eq!(middles, [0.0; 8]);
    }

    #[test]
    fn one_sixteen_bit_step_is_one_in_every_format_that_has_it() {
        assert_eq!(1i16.to_i16_steps(), 1.0);
        assert_eq!(0x8001u16.to_i16_steps(), 1.0);
        assert_eq!(I24(256).to_i16_steps(), 1.0);
        assert_eq!(U24(0x0080_0100).to_i16_steps(), 1.0);
        assert_eq!(65_536i32.to_i16_steps(), 1.0);
        assert_eq!(0x8001_0000u32.to_i16_steps(), 1.0);
        assert_eq!((1.0f32 / 32_768.0).to_i16_steps(), 1.0);
        assert_eq!((1.0f64 / 32_768.0).to_i16_steps(), 1.0);
    }
}
