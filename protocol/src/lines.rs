//! What a line is, and bytes in any pieces to lines.

/// Longest line with its line end, in bytes: three texts of [`Text::MAX_BYTES`](crate::Text::MAX_BYTES), each byte six
/// characters as JSON `\u` escapes, plus all names and the longest numbers. The test `the_longest_records_fit` holds
/// it.
pub const MAX_LINE_BYTES: usize = 2048;

/// Rate of a serial line unless told otherwise, in baud; always 8 data bits, no parity, 1 stop bit.
pub const DEFAULT_BAUD: u32 = 115_200;

/// A line as it goes out, line end included.
pub type Line = heapless::String<MAX_LINE_BYTES>;

/// Why writing a record into a [`Line`] can't fail.
pub(crate) const FITS: &str = "a line holds the longest record";

/// Cuts a byte stream into lines with bounded memory.
///
/// A line ends at LF. `$`, which no sentence holds but at its start, also ends what came before it unless that is a
/// JSON object: a sentence whose line end was lost takes no other with it.
///
/// A run of bytes without a line end longer than [`MAX_LINE_BYTES`] is given out in pieces, which
/// [`parse`](crate::parse) then refuses one by one, so that a wrong baud rate is seen and not swallowed.
///
/// ```
/// use needledrop_protocol::Lines;
/// let mut lines = Lines::new();
/// let mut seen = Vec::new();
/// lines.push(b"$A*0000\r\n$B*", |line| seen.push(line.to_vec()));
/// lines.push(b"1111\r\n", |line| seen.push(line.to_vec()));
/// assert_eq!(seen, [b"$A*0000".to_vec(), b"$B*1111".to_vec()]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lines {
    pending: heapless::Vec<u8, MAX_LINE_BYTES>,
}

impl Lines {
    /// Nothing pending.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes any amount; `on_line` gets each non-empty line without its line end.
    pub fn push(&mut self, bytes: &[u8], mut on_line: impl FnMut(&[u8])) {
        for &byte in bytes {
            if byte == b'$' && self.pending.first().is_some_and(|&first| first != b'{') {
                self.finish(&mut on_line);
            }
            if byte == b'\n' {
                self.finish(&mut on_line);
            } else if self.pending.push(byte).is_err() {
                self.finish(&mut on_line);
                let first = self.pending.push(byte);
                debug_assert!(first.is_ok(), "the buffer was just emptied");
            }
        }
    }

    /// End of the stream: gives what is pending.
    pub fn finish(&mut self, mut on_line: impl FnMut(&[u8])) {
        let line = self.pending.strip_suffix(b"\r").unwrap_or(&self.pending);
        if !line.is_empty() {
            on_line(line);
        }
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, MAX_LINE_BYTES};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    #[test]
    fn an_endless_line_comes_in_pieces() {
        let mut lines = Lines::new();
        let mut pieces = Vec::new();
        lines.push(&[b'x'; 3 * MAX_LINE_BYTES], |line| pieces.push(line.len()));
        lines.finish(|line| pieces.push(line.len()));
        assert_eq!(pieces, [MAX_LINE_BYTES; 3]);
    }

    #[test]
    fn a_lost_line_end_costs_one_sentence() {
        let mut lines = Lines::new();
        let mut seen = Vec::new();
        lines.push(b"$A,1*00$B*1111\r\n{\"x\":\"$\"}\n", |line| {
            seen.push(String::from_utf8_lossy(line).into_owned());
        });
        assert_eq!(seen, ["$A,1*00", "$B*1111", "{\"x\":\"$\"}"]);
    }

    proptest! {
        #[test]
        fn chunking_does_not_matter(bytes in any::<Vec<u8>>(), cut in 1_usize..40) {
            let collect = |pieces: &mut dyn Iterator<Item = &[u8]>| {
                let mut lines = Lines::new();
                let mut seen: Vec<Vec<u8>> = Vec::new();
                for piece in pieces {
                    lines.push(piece, |line| seen.push(line.to_vec()));
                }
                lines.finish(|line| seen.push(line.to_vec()));
                seen
            };
            prop_assert_eq!(collect(&mut bytes.chunks(cut)), collect(&mut bytes.chunks(bytes.len().max(1))));
        }
    }
}
