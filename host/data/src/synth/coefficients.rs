//! From human units to samples: the rate of all clips, and the coefficients of a level in dB, of a decay in seconds, of
//! a filter in Hz.

/// Rate of all clips.
pub const SAMPLE_RATE_HZ: u32 = 22_050;

/// [`SAMPLE_RATE_HZ`] for arithmetic.
pub(super) const RATE_HZ: f32 = SAMPLE_RATE_HZ as f32;

/// Amplitude of a level.
pub(super) fn amplitude_of_db(db: f32) -> f32 {
    libm::exp10(f64::from(db) / 20.0) as f32
}

/// Factor per sample of a decay to 1/e in `seconds`.
pub(super) fn decay_per_sample(seconds: f32) -> f32 {
    libm::exp(-1.0 / f64::from(seconds * RATE_HZ)) as f32
}

/// Coefficient of a one-pole low-pass: y += a (x - y).
pub(super) fn one_pole(cutoff_hz: f32) -> f32 {
    (1.0 - libm::exp(-core::f64::consts::TAU * f64::from(cutoff_hz) / f64::from(RATE_HZ))) as f32
}
