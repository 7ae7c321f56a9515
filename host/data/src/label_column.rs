//! Tables with a row a label.

/// Characters of a heading.
const LEAST: usize = 5;

/// Characters of a column of labels.
pub fn label_width<'a>(labels: impl IntoIterator<Item = &'a String>) -> usize {
    let widths = labels.into_iter().map(|label| label.chars().count());
    widths.max().unwrap_or(0).max(LEAST)
}
