//! `needledrop synth`: a corpus to try the whole chain on, made from a seed.
//!
//! Eight styles of small tunes and sounds that are no music. A style is a tendency, not a fingerprint: tempi, instruments,
//! keys, loudness, equalisation, rooms and background noise overlap, instruments wander in from other styles, and a
//! tune may borrow its drums. What tells styles apart is mostly the order of things in time, so a spectrum averaged over
//! a clip does not suffice: a test holds a classifier by such spectra below two thirds.
//!
//! The same options give the same bytes on every platform: random numbers are ChaCha8, sines and exponentials come from
//! the `libm` crate, and all other arithmetic is IEEE additions, multiplications and divisions in a fixed order.

mod compose;
mod corpus;
mod dice;
mod drums;
mod noises;
mod room;
mod score;
mod speech;
mod style;
mod tables;
mod theory;
mod tones;

pub use corpus::{Options, write};

/// Rate of all clips.
pub const SAMPLE_RATE_HZ: u32 = 22_050;

/// [`SAMPLE_RATE_HZ`] for arithmetic.
const RATE: f32 = SAMPLE_RATE_HZ as f32;

/// Labels: the styles, then the reserved one.
pub fn labels() -> impl Iterator<Item = &'static str> {
    style::STYLES
        .iter()
        .map(|style| style.name)
        .chain([needledrop_bundle::NO_MUSIC])
}
