//! `needledrop synth`: a corpus to try the whole chain on: a seed goes in, a folder of WAV files comes out.
//!
//! Eight styles of small tunes and sounds that are no music. A style is a tendency, not a fingerprint: tempi,
//! instruments, keys, loudness, equalisation, rooms and background noise overlap, instruments wander in from other
//! styles, and a tune may borrow its drums. What tells styles apart is mostly the order of things in time, so a
//! spectrum averaged over a clip does not suffice: a test holds a classifier by such spectra below two thirds.
//!
//! The same options give the same bytes on every platform: random numbers are ChaCha8, sines and exponentials come from
//! the `libm` crate, and all other arithmetic is IEEE additions, multiplications and divisions in a fixed order.

mod coefficients;
mod compose;
mod corpus;
mod dice;
mod drums;
mod noises;
mod repertoire;
mod room;
mod score;
mod speech;
mod style;
mod tables;
mod theory;
mod tones;

pub use coefficients::SAMPLE_RATE_HZ;
pub use corpus::{Options, write};
pub use repertoire::labels;
