//! Which part of a clip a model sees at once ([`three_seconds`] and its like), and how it is scaled ([`read_scaled`]).

mod geometry;
mod scaling;

pub use crate::units::{PCM_FULL_SCALE, Q8_8_PER_DB};
pub use geometry::{
    count, every_three_seconds, fifteen_seconds, five_seconds, hop_seconds, hop_seconds_of,
    three_seconds, window_of,
};
pub use scaling::{
    LEAST_DEVIATION_DB, LEAST_LEVEL_DB, NEPER_PER_DB, TRAILING_UNIT_DB, copy_scaled, normalise,
    read_scaled, subtract_trailing, to_level,
};
