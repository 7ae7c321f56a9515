//! Mel: sums the powers of n_fft / 2 + 1 bins under overlapping triangles, to one energy a band, both in `u64`.
//!
//! Between two neighbouring band centres the falling side of one triangle and the rising side of the next
//! add up to 1. So each bin is multiplied once: a ramp gives its share of the upper band, the rest is the
//! lower band's. The ramp has 32 bits and the product is kept to the last bit of the power, so that neither
//! a small weight nor a small power loses precision.

use crate::config::{FrontendConfig, MAX_MEL_BANDS};
use crate::fft::PowerFft;
use crate::storage::{Pool, Storage};
use crate::tables;

/// Triangles as a ramp value for each bin, cut at the band centres.
pub(crate) struct Mel<S: Storage> {
    ramp_q32: S::Of<u32>,
    /// Bins `edges[i]..edges[i + 1]` lie between the centres of bands i - 1 and i.
    edges: [u16; MAX_MEL_BANDS + 2],
    mel_bands: usize,
}

impl<S: Storage> Mel<S> {
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, config: &FrontendConfig) -> Self {
        let mut ramp_q32 = pool.u32s(config.n_fft / 2 + 1);
        let mut edges = [0; MAX_MEL_BANDS + 2];
        tables::mel::fill_ramp_q32(config, &mut ramp_q32, &mut edges);
        Self {
            ramp_q32,
            edges,
            mel_bands: config.mel_bands,
        }
    }

    /// Writes the energy of each band, peak weight 1, in the units of the powers, which are read as they are needed.
    ///
    /// The sum of all powers must be below 2^63; each energy is low by less than one unit a bin.
    #[inline]
    pub(crate) fn process(&self, fft: &impl PowerFft, frame: &[i32], energy: &mut [u64]) {
        let edges = &self.edges[..self.mel_bands + 2];
        // DC never counts: it is under a triangle's foot at most, in the segment whose plain sum is dropped. Nyquist
        // neither: the last range ends before it.
        let start = usize::from(edges[0]);
        let mut bins = fft.powers(frame, start).zip(&self.ramp_q32[start..]);
        // Segment i rises towards band i and falls away from band i - 1.
        let mut falling = 0;
        for (i, edge) in edges.windows(2).enumerate() {
            let (mut sum, mut rising) = (0u64, 0u64);
            for (power, &ramp) in bins.by_ref().take(usize::from(edge[1] - edge[0])) {
                sum += power;
                rising += ((u128::from(power) * u128::from(u64::from(ramp) << 32)) >> 64) as u64;
            }
            if let Some(lower) = i.checked_sub(1) {
                energy[lower] = falling + sum - rising;
            }
            falling = rising;
        }
    }

    /// Every table, for the identity.
    pub(crate) fn tables(&self) -> (&[u32], &[u16]) {
        (&self.ramp_q32, &self.edges[..self.mel_bands + 2])
    }
}
