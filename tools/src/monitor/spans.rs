//! Bars and cut text: fractions and words in, so many character cells out.

/// A bar of `width` cells: the part that `fraction` (0 to 1) fills, to half a cell, and the empty track behind it.
pub(crate) fn bar(fraction: f64, width: usize) -> (String, String) {
    // At most width * 2, and the clamp keeps a NaN out: `as` gives 0 for it.
    let halves = (fraction.clamp(0.0, 1.0) * width as f64 * 2.0).round() as usize;
    let mut filled = "━".repeat(halves / 2);
    if halves % 2 == 1 {
        filled.push('╸');
    }
    let track = "─".repeat(width - halves.div_ceil(2));
    (filled, track)
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
                let (filled, track) = bar(f64::from(step) / 100.0, width);
                assert_eq!((filled + &track).chars().count(), width);
            }
        }
        let parts = |fraction, width| {
            let (filled, track) = bar(fraction, width);
            filled + "|" + &track
        };
        assert_eq!(parts(0.5, 4), "━━|──");
        assert_eq!(parts(0.4, 4), "━╸|──");
        assert_eq!(parts(9.0, 2), "━━|");
        assert_eq!(parts(f64::NAN, 2), "|──");
    }

    #[test]
    fn cut_text_says_so() {
        assert_eq!(cut("jazz", 4), "jazz");
        assert_eq!(cut("hip-hop", 4), "hip…");
        assert_eq!(cut("x y", 0), "");
    }
}
