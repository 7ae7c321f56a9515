//! Texts in sentences: UTF-8 in, percent-encoded ASCII out, and back.
//!
//! Kept as they are: space and printable ASCII except `$ % * ,`, which a sentence uses itself, and `! \ ^ ~`, which
//! NMEA 0183 reserves. Every other byte of the UTF-8 text becomes `%` and two upper-case hex digits.
use core::fmt;

/// Whether a sentence may hold the byte.
pub(crate) const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn is_plain(byte: u8) -> bool {
    is_printable(byte) && !matches!(byte, b'$' | b'%' | b'*' | b',' | b'!' | b'\\' | b'^' | b'~')
}

/// Writes `text` with everything reserved encoded.
pub(crate) fn write(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    for &byte in text.as_bytes() {
        if is_plain(byte) {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// The text behind `encoded`, or `None` for a broken `%` code or bytes that are not UTF-8.
pub(crate) fn read(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (&high, tail) = rest.split_first()?;
        let (&low, tail) = tail.split_first()?;
        rest = tail;
        bytes.push(digit(high)? << 4 | digit(low)?);
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        write(text, &mut out).unwrap();
        out
    }

    #[test]
    fn reserved_and_foreign_bytes_are_encoded() {
        assert_eq!(encoded("Drum & Bass"), "Drum & Bass");
        assert_eq!(encoded("R&B, soul*"), "R&B%2C soul%2A");
        assert_eq!(encoded("chanson française"), "chanson fran%C3%A7aise");
        assert_eq!(encoded("50%\r\n$"), "50%25%0D%0A%24");
        for broken in ["%", "%4", "%zz", "%C3", "%+1"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_never_holds_a_delimiter(text in any::<String>()) {
            let wire = encoded(&text);
            prop_assert!(wire.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"$*,".contains(&b)));
            prop_assert_eq!(read(&wire), Some(text));
        }
    }
}
