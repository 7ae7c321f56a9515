//! Letters four rows high, for what is to be read from the other end of the room.

use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts as _};

/// Rows of a letter.
pub(super) const ROWS: usize = 4;

/// Columns of a letter.
pub(super) const COLUMNS: usize = 4;

/// A cell's four pixels: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
const QUADRANTS: [char; 16] = [
    ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
];

/// The text in large letters; `None` when a character has no picture or the rows would be wider than `width`.
pub(super) fn large(text: &str, width: usize) -> Option<[String; ROWS]> {
    let glyphs: Vec<[u8; 8]> = text
        .chars()
        .map(|c| BASIC_FONTS.get(c).or_else(|| LATIN_FONTS.get(c)))
        .collect::<Option<_>>()?;
    if glyphs.is_empty() || glyphs.len() * COLUMNS > width {
        return None;
    }
    let row = |row: usize| {
        let cells = glyphs.iter().flat_map(|glyph| {
            let (upper, lower) = (glyph[2 * row], glyph[2 * row + 1]);
            // The lowest bit is the leftmost pixel.
            (0..COLUMNS).map(move |column| {
                let pair = |bits: u8| bits >> (2 * column) & 3;
                QUADRANTS[usize::from(pair(upper) | pair(lower) << 2)]
            })
        });
        cells.collect()
    };
    Some(std::array::from_fn(row))
}

#[cfg(test)]
mod tests {
    use super::large;

    #[test]
    fn letters_are_pictures_of_themselves() {
        assert_eq!(large("L", 4).unwrap(), ["▜▛  ", "▐▌  ", "▐▌▗▌", "▀▀▀▘"],);
        assert_eq!(large("JAZZ", 16).unwrap()[0].chars().count(), 16);
    }

    #[test]
    fn what_does_not_fit_or_has_no_picture_is_left_to_small_letters() {
        assert!(large("JAZZ", 15).is_none());
        assert!(large("演歌", 80).is_none());
        assert!(large("", 80).is_none());
        assert!(large("É", 80).is_some());
    }
}
