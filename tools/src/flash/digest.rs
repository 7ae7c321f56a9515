//! SHA-256 of a file: its bytes in, 64 hex digits out.
use sha2::{Digest as _, Sha256};

/// SHA-256 of a file's bytes, as `sha256sum` prints it.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
