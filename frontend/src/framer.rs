//! Framer: cuts a stream of 16-bit samples into overlapping frames of n_fft of them.
//!
//! Frame k is samples `k * hop .. k * hop + n_fft`, whatever the sizes of the pieces pushed.

use crate::storage::{Pool, Storage};

/// The last samples that a coming frame still needs, oldest first.
pub(crate) struct Framer<S: Storage> {
    samples: S::Of<i16>,
    filled: usize,
    hop_samples: usize,
}

impl<S: Storage> Framer<S> {
    /// `hop_samples` must be 1..=n_fft.
    pub(crate) fn new(pool: &mut impl Pool<Storage = S>, n_fft: usize, hop_samples: usize) -> Self {
        Self {
            samples: pool.i16s(n_fft),
            filled: 0,
            hop_samples,
        }
    }

    /// Takes samples from the front of `pcm` until a frame is full; `None` when `pcm` ran out first.
    pub(crate) fn next_frame(&mut self, pcm: &mut &[i16]) -> Option<&[i16]> {
        if self.filled == self.samples.len() {
            self.samples.copy_within(self.hop_samples.., 0);
            self.filled -= self.hop_samples;
        }
        let wanted = self.samples.len() - self.filled;
        let (taken, rest) = pcm.split_at(wanted.min(pcm.len()));
        self.samples[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        *pcm = rest;
        (self.filled == self.samples.len()).then_some(&*self.samples)
    }

    pub(crate) fn reset(&mut self) {
        self.filled = 0;
    }
}
