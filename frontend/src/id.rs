//! Identity of a frontend.
use core::{fmt, str::FromStr};

/// First 8 bytes of SHA-256 over configuration, tables, FFT kind, algorithm version; shown as 16 hex digits.
///
/// With feature `serde` it is a string in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrontendId(pub [u8; 8]);

/// Text that is not 16 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frontend id is 16 lower-case hex digits")
    }
}

impl core::error::Error for ParseIdError {}

impl fmt::Display for FrontendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl FromStr for FrontendId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digits = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(digits) {
            return Err(ParseIdError);
        }
        u64::from_str_radix(text, 16).map(|bits| Self(bits.to_be_bytes())).map_err(|_| ParseIdError)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FrontendId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FrontendId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = FrontendId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&ParseIdError, f)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FrontendId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}
