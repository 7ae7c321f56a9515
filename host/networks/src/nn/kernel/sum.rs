//! Sums over a batch whose bits do not depend on the threads.

/// The sum of each item's `len` values, in f64 and in the items' order, rounded to f32.
pub(super) fn sum_in_order(parts: &[Vec<f32>], len: usize) -> Vec<f32> {
    let mut total = vec![0.0_f64; len];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += f64::from(*part);
        }
    }
    total.iter().map(|&sum| sum as f32).collect()
}
