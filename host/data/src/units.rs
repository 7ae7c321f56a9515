//! Units of stored values: how many steps of a 16-bit number make a decibel, and how many make full scale.

/// Steps of Q8.8 in one dB, the frontend's output.
pub const Q8_8_PER_DB: f32 = 256.0;

/// Steps of 16-bit PCM in full scale.
pub const PCM_FULL_SCALE: f32 = 32_768.0;
