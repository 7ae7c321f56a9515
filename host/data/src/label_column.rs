//! Tables with a row a label, for people: labels go in, the width of their column in characters comes out.

/// Characters of the longest heading, `genre`.
const LEAST_CHARACTERS: usize = 5;

/// Characters of a column of labels.
pub fn label_width<'a>(labels: impl IntoIterator<Item = &'a String>) -> usize {
    let widths = labels.into_iter().map(|label| label.chars().count());
    widths.max().unwrap_or(0).max(LEAST_CHARACTERS)
}
