//! The resampler's prototype: a Kaiser-windowed sinc.

use core::f64::consts::PI;

/// Zero crossings of the filter on each side, counted at the lower rate.
pub(crate) const HALF_CROSSINGS: u64 = 64;
/// Fractional bits of a coefficient.
pub(crate) const COEFFICIENT_BITS: u32 = 22;
/// Cut-off (-6 dB) as a part of the lower Nyquist: the middle of the transition from 0.9 to 1.0.
const CUTOFF: f64 = 0.95;
/// Kaiser's beta for 99 dB, what this length and transition allow.
const BETA: f64 = 9.95;
/// What makes the window 1 at its centre.
const KAISER_PEAK: f64 = bessel_i0(BETA);
/// Points at which the identity samples the prototype.
pub(crate) const ID_POINTS: usize = 1024;

/// Impulse response at `t` samples of the lower rate from the centre, for a cut-off relative to that rate.
fn prototype(t: f64) -> f64 {
    let place = t / HALF_CROSSINGS as f64;
    if !(-1.0..=1.0).contains(&place) {
        return 0.0;
    }
    let angle = PI * CUTOFF * t;
    let sinc = if angle == 0.0 {
        1.0
    } else {
        libm::sin(angle) / angle
    };
    let kaiser = bessel_i0(BETA * libm::sqrt(1.0 - place * place)) / KAISER_PEAK;
    CUTOFF * sinc * kaiser
}

/// Modified Bessel function of the first kind, order 0, by its power series.
const fn bessel_i0(x: f64) -> f64 {
    let quarter_square = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter_square / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Coefficient of one tap of one phase, Q22: `phase / up` of an input sample after the centre.
pub(crate) fn phase_coefficient(
    phase: usize,
    tap: usize,
    taps: usize,
    up: usize,
    down: usize,
) -> i32 {
    let rate = (up as f64 / down as f64).min(1.0);
    let distance = phase as f64 / up as f64 + (taps as f64 / 2.0 - 1.0) - tap as f64;
    super::to_fixed(rate * prototype(rate * distance), COEFFICIENT_BITS) as i32
}

/// Point `i` of the prototype from its centre to its end, Q30, for the identity.
pub(crate) fn id_point_q30(i: usize) -> i32 {
    super::to_fixed(
        prototype(HALF_CROSSINGS as f64 * i as f64 / ID_POINTS as f64),
        30,
    ) as i32
}
