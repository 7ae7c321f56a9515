//! The median: sorted numbers go in, the middle one comes out.

/// The middle value of sorted ones, or the mean of the two in the middle.
///
/// # Panics
/// When there are none.
pub(crate) fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}
