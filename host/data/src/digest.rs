//! SHA-256 as text.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Lower-case hex.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// SHA-256 of lines, each ended by a newline, as 64 hex digits.
pub fn of_lines(lines: impl IntoIterator<Item = String>) -> String {
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    to_hex(&digest.finalize())
}

/// Where `text` falls in a fixed shuffle named `purpose`: the same everywhere, unrelated to any order of the texts.
pub fn shuffle_key(purpose: &str, text: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .into()
}
