//! The texts of a record: UTF-8 of bounded length.
use core::fmt;

/// A label, name or version of at most [`Text::MAX_BYTES`] bytes of UTF-8, held without allocation.
///
/// ```
/// use needledrop_protocol::Text;
/// assert_eq!(Text::shortened("Drum & Bass").as_str(), "Drum & Bass");
/// assert_eq!(Text::shortened(&"é".repeat(40)).as_str().len(), 64);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(heapless::String<{ Text::MAX_BYTES }>);

impl Text {
    /// Longest text, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 64;
    /// The same in words.
    pub(crate) const EXPECTED: &str = "at most 64 bytes";

    /// The text, or as much of it as fits without splitting a character.
    pub fn shortened(text: &str) -> Self {
        let mut held = heapless::String::new();
        for c in text.chars() {
            if held.push(c).is_err() {
                break;
            }
        }
        Self(held)
    }

    /// The text whole, or `None` when it is too long.
    pub fn whole(text: &str) -> Option<Self> {
        heapless::String::try_from(text).ok().map(Self)
    }

    /// As a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn the_bound_is_in_bytes_and_keeps_characters_whole() {
        assert_eq!(Text::whole(&"x".repeat(64)).unwrap().as_str().len(), 64);
        assert!(Text::whole(&"x".repeat(65)).is_none());
        assert_eq!(
            Text::shortened(&format!("{}é", "x".repeat(63))).as_str(),
            "x".repeat(63)
        );
    }
}
