//! Cepstra of log-mel bands, `[.., bands]` to `[.., cepstra]`, by a product with a constant matrix.

/// The first columns of the orthonormal DCT-II; there are as many as bands at most.
///
/// # Shape
/// `[bands, cepstra]`, row-major.
///
/// # Source
/// Davis and Mermelstein, 1980; the scale of `scipy.fft.dct(norm="ortho")`.
pub fn dct(bands: usize, cepstra: usize) -> Vec<f32> {
    let n = bands as f64;
    let entry = |band: usize, cepstrum: usize| {
        let scale = if cepstrum == 0 { 1.0 } else { 2.0 };
        let angle = std::f64::consts::PI * cepstrum as f64 * (2 * band + 1) as f64 / (2.0 * n);
        ((scale / n).sqrt() * libm::cos(angle)) as f32
    };
    (0..bands)
        .flat_map(|band| (0..cepstra).map(move |cepstrum| entry(band, cepstrum)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::dct;

    #[test]
    fn columns_are_orthonormal() {
        for (bands, columns) in [(3, 3), (20, 20), (40, 13), (128, 20)] {
            let dct = dct(bands, columns);
            for a in 0..columns {
                for b in 0..columns {
                    let product: f64 = dct
                        .chunks_exact(columns)
                        .map(|band| f64::from(band[a]) * f64::from(band[b]))
                        .sum();
                    let expected = f64::from(u8::from(a == b));
                    assert!(
                        (product - expected).abs() < 1e-6,
                        "{bands}: {a}, {b}: {product}"
                    );
                }
            }
        }
    }
}
