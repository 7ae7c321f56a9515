//! The rate of all clips, which everything here counts time by.

/// Rate of all clips.
pub const SAMPLE_RATE_HZ: u32 = 22_050;

/// [`SAMPLE_RATE_HZ`] for arithmetic.
pub(super) const RATE_HZ: f32 = SAMPLE_RATE_HZ as f32;
