//! FFT: what each implementation does. n_fft windowed samples in `i32` to the powers of n_fft / 2 + 1 bins in `u64`.

/// A real FFT whose bins are read as powers, each when it is wanted, so that no spectrum of 64-bit powers is held.
pub(crate) trait PowerFft {
    /// Transforms `frame`, n_fft values, which hold the spectrum or nothing afterwards.
    ///
    /// The sum of magnitudes of `frame` must be below 2^31 - 2^16; then every |X| is below 2^31.
    fn transform(&mut self, frame: &mut [i32]);

    /// Powers of the bins from `first_bin` to the one before Nyquist, in the unit of [`crate::power::power`]; what
    /// stands for bin 0 is at most twice its power and means nothing.
    fn powers(&self, frame: &[i32], first_bin: usize) -> impl Iterator<Item = u64>;

    /// Powers at DC and at Nyquist.
    fn edge_powers(&self, frame: &[i32]) -> [u64; 2];
}
