//! Resizing one axis as a product with a constant matrix: exact, fast and the same in every runtime.

/// Weights of [`matrix`] for one target position: `(first source position, weights)`.
fn taps(from: usize, to: usize, position: usize) -> (usize, Vec<f64>) {
    let scale = from as f64 / to as f64;
    // A triangle between neighbours; shrinking, as wide as what falls together, so that nothing is skipped.
    let reach = scale.max(1.0);
    let centre = (position as f64 + 0.5) * scale;
    let first = (centre - reach).max(0.0).floor() as usize;
    let last = ((centre + reach).ceil() as usize).min(from);
    let weights: Vec<f64> = (first..last)
        .map(|source| (1.0 - (source as f64 + 0.5 - centre).abs() / reach).max(0.0))
        .collect();
    let total: f64 = weights.iter().sum();
    (first, weights.iter().map(|weight| weight / total).collect())
}

/// Linear interpolation of an axis, with anti-aliasing where it shrinks; pixels are areas (`half_pixel`), and the edge
/// is not extended but weighs more. The same as Pillow's `BILINEAR` and PyTorch's `bilinear` with `antialias=True`.
///
/// # Shape
/// `[to, from]`, row-major: each row is one target position's weights, which add up to one.
pub(crate) fn matrix(from: usize, to: usize) -> Vec<f32> {
    let mut out = vec![0.0; to * from];
    for (position, row) in out.chunks_exact_mut(from).enumerate() {
        let (first, weights) = taps(from, to, position);
        for (value, weight) in row[first..].iter_mut().zip(weights) {
            *value = weight as f32;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::matrix;

    fn resized(values: &[f32], to: usize) -> Vec<f32> {
        matrix(values.len(), to)
            .chunks_exact(values.len())
            .map(|row| row.iter().zip(values).map(|(a, b)| a * b).sum())
            .collect()
    }

    #[test]
    fn the_same_size_changes_nothing() {
        assert_eq!(resized(&[1.0, -2.0, 5.0], 3), [1.0, -2.0, 5.0]);
    }

    #[test]
    fn rows_add_up_to_one() {
        for (from, to) in [(1, 224), (128, 224), (336, 224), (1000, 7)] {
            for row in matrix(from, to).chunks_exact(from) {
                assert!(
                    (row.iter().sum::<f32>() - 1.0).abs() < 1e-6,
                    "{from} to {to}"
                );
            }
        }
    }

    /// Values of `torch.nn.functional.interpolate(mode="bilinear", antialias=True)` in PyTorch 2.
    #[test]
    fn values_are_torchs() {
        let close = |ours: Vec<f32>, theirs: &[f32]| {
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(theirs) {
                assert!((a - b).abs() < 1e-5, "{ours:?}, not {theirs:?}");
            }
        };
        let source = [0.0, 1.0, 4.0, 9.0, 16.0];
        close(resized(&source, 3), &SHRUNK);
        close(resized(&source, 7), &STRETCHED);
    }

    const SHRUNK: [f32; 3] = [0.428571, 4.444445, 12.999999];
    const STRETCHED: [f32; 7] = [
        0.000000, 0.571429, 1.857143, 4.000000, 7.571429, 12.000000, 16.000000,
    ];
}
