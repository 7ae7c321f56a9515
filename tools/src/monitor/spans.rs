//! Bars and cut text in character cells.

/// Eighths of a cell.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar of `width` cells of which `fraction` (0 to 1) is filled, to an eighth of a cell.
pub(crate) fn bar(fraction: f64, width: usize) -> String {
    // At most width * 8, and the clamp keeps a NaN out: `as` gives 0 for it.
    let eighths = (fraction.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let mut cells: String = std::iter::repeat_n('█', eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        cells.push(EIGHTHS[eighths % 8]);
    }
    let filled = cells.chars().count();
    cells.extend(std::iter::repeat_n(' ', width.saturating_sub(filled)));
    cells
}

/// The text in at most `width` characters, its end replaced by `…` when it is longer.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{bar, cut};

    #[test]
    fn bars_fill_their_width() {
        for width in 0..20 {
            for step in 0..=100 {
                assert_eq!(bar(f64::from(step) / 100.0, width).chars().count(), width);
            }
        }
        assert_eq!(bar(0.5, 4), "██  ");
        assert_eq!(bar(9.0, 2), "██");
        assert_eq!(bar(f64::NAN, 2), "  ");
    }

    #[test]
    fn cut_text_says_so() {
        assert_eq!(cut("jazz", 4), "jazz");
        assert_eq!(cut("hip-hop", 4), "hip…");
        assert_eq!(cut("x y", 0), "");
    }
}
