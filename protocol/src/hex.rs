//! Digests and identities as lower-case hexadecimal.
use core::{fmt, str};

/// `N` bytes, written as `2 * N` lower-case hex digits.
///
/// ```
/// use needledrop_protocol::Hex;
/// let digest: Hex<4> = "0a1b2c3d".parse().unwrap();
/// assert_eq!(digest, Hex([0x0a, 0x1b, 0x2c, 0x3d]));
/// assert_eq!(digest.to_string(), "0a1b2c3d");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// The text is not `2 * N` lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} lower-case hex digits")]
pub struct HexError {
    digits: usize,
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> str::FromStr for Hex<N> {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = HexError { digits: 2 * N };
        let lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 2 * N || !text.as_bytes().iter().all(lower) {
            return Err(wrong);
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(pair).map_err(|_| wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::Hex;

    #[test]
    fn only_lower_case_digits_of_the_right_count_are_hex() {
        for wrong in [
            "",
            "0a1b2c3",
            "0a1b2c3d0",
            "0A1b2c3d",
            "+a1b2c3d",
            "0a1b 2c3",
            "0a1b2cé",
        ] {
            assert!(wrong.parse::<Hex<4>>().is_err(), "{wrong}");
        }
    }
}
