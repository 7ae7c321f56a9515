//! Order in which the integer FFT leaves its bins.

/// The bin at `index` in n/4..n/2, among the n/4 bins that the real step of length n splits off, for every n up to
/// n_fft; 0 at index 0.
pub(crate) fn bin_at(index: usize, n_fft: usize) -> usize {
    let Some(log2) = index.checked_ilog2() else {
        return 0;
    };
    // A complex FFT of `len` values whose natural frequency k is bin base + stride * k.
    let mut len = 1usize << log2;
    let mut at = index - len;
    let mut base = n_fft / (4 * len);
    let mut stride = 4 * base;
    while len > 1 {
        if at < len / 2 {
            // Even frequencies.
            len /= 2;
            stride *= 2;
        } else if len == 2 {
            (len, at, base) = (1, 0, base + stride);
        } else if at < len / 2 + len / 4 {
            // Frequencies 4k + 1.
            at -= len / 2;
            len /= 4;
            base += stride;
            stride *= 4;
        } else {
            // Frequencies 4k - 1.
            at -= len / 2 + len / 4;
            len /= 4;
            base += n_fft - stride;
            stride *= 4;
        }
    }
    let frequency = base % n_fft;
    frequency.min(n_fft - frequency)
}

#[cfg(test)]
mod tests {
    use super::bin_at;

    #[test]
    fn every_bin_between_dc_and_nyquist_comes_once() {
        for n_fft in [256usize, 512, 1024, 2048, 4096] {
            let mut seen = [0; 2048];
            (1..n_fft / 2).for_each(|index| seen[bin_at(index, n_fft)] += 1);
            assert_eq!(seen[0], 0);
            assert!(
                seen[1..n_fft / 2].iter().all(|&times| times == 1),
                "{n_fft}"
            );
        }
    }
}
