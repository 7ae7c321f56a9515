//! Random choices, the same on every platform: a seed and a purpose go in.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of random choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// For one purpose of one corpus; other purposes have unrelated streams.
    pub(super) fn new(corpus_seed: u64, purpose: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(corpus_seed.to_le_bytes())
            .chain_update(purpose)
            .finalize();
        Self(ChaCha8Rng::from_seed(digest.into()))
    }

    /// Uniform in [0, 1), a multiple of 2^-24, exact in `f32`.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, (low, high): (f32, f32)) -> f32 {
        low + (high - low) * self.unit()
    }

    /// White noise in [-1, 1).
    pub(super) fn noise(&mut self) -> f32 {
        (self.0.next_u32() as i32 >> 8) as f32 / 8_388_608.0
    }

    /// Uniform in 0..`count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.0.next_u32()) * count as u64) >> 32) as usize
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of `choices`.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
