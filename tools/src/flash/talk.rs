//! What `tools/flash` tells a person: one line each on standard error.

/// What sizes are told in.
pub const MEGABYTE_BYTES: u64 = 1_000_000;

/// Says one line.
pub fn say(words: impl std::fmt::Display) {
    eprintln!("flash: {words}");
}
