//! SHA-256: of lines as text, of a data set, and as a key to shuffle by.

use crate::Split;
use sha2::{Digest, Sha256};
use std::fmt::{Display, Write};

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

/// What the digest of a data set says of a clip; `content` stands for its audio or its values.
pub(crate) fn data_line(id: &str, genre: &str, content: impl Display) -> String {
    format!("{id}\t{genre}\t{content}")
}

/// What the digest of a division into splits says of a clip.
pub(crate) fn split_line(id: &str, split: Split) -> String {
    format!("{id}\t{split}")
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
