//! Identity of a frontend.

/// First 8 bytes of SHA-256 over configuration, tables, FFT kind, algorithm version; shown as 16 hex digits.
/// Implements Display, FromStr and (feature `serde`) is a string in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrontendId(pub [u8; 8]);
