//! Dropout whose masks are a pure function of a batch's own generator.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Dropout in one forward pass: a network's sites draw their masks in the order in which it passes them.
#[derive(Clone, Debug)]
pub struct Dropout {
    rate: f32,
    rng: Option<ChaCha8Rng>,
}

impl Dropout {
    /// No dropout: for evaluation.
    pub const fn off() -> Self {
        Self {
            rate: 0.0,
            rng: None,
        }
    }

    /// Each value is dropped with probability `rate`, the others grow so that the mean stays.
    pub fn new(rate: f32, rng: ChaCha8Rng) -> Self {
        Self {
            rate,
            rng: (rate > 0.0).then_some(rng),
        }
    }

    /// The next site.
    pub fn apply<B: Backend, const D: usize>(&mut self, x: Tensor<B, D>) -> Tensor<B, D> {
        let Some(rng) = &mut self.rng else {
            return x;
        };
        let (rate, shape) = (self.rate, x.shape());
        let mask = mask(rng, rate, shape.num_elements());
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }
}

/// Values that one thread draws at a time.
const CHUNK: usize = 1 << 14;

/// So many values, each nought with probability `rate` and the same number otherwise, a word of the generator each: any thread
/// can draw its own part of them.
fn mask(rng: &mut ChaCha8Rng, rate: f32, len: usize) -> Vec<f32> {
    let kept = (1.0 - rate).recip();
    // 24 bits of a word make a uniform number; it is below the rate when they are below this.
    let dropped = (f64::from(rate) * f64::from(1 << 24)).ceil() as u32;
    let first = rng.get_word_pos();
    let mut mask = vec![0.0; len];
    mask.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(chunk, mask)| {
            let mut rng = rng.clone();
            rng.set_word_pos(first + (chunk * CHUNK) as u128);
            let mut bytes = vec![0; 4 * mask.len()];
            rng.fill_bytes(&mut bytes);
            for (value, word) in mask.iter_mut().zip(bytes.as_chunks::<4>().0) {
                let is_dropped = u32::from_le_bytes(*word) >> 8 < dropped;
                *value = if is_dropped { 0.0 } else { kept };
            }
        });
    rng.set_word_pos(first + len as u128);
    mask
}

#[cfg(test)]
mod tests {
    use super::Dropout;
    use crate::train::order::generator;
    use burn::tensor::Tensor;

    type B = burn_flex::Flex;

    fn masks(dropout: &mut Dropout) -> [Vec<f32>; 2] {
        [0, 1].map(|_| {
            let x = Tensor::<B, 2>::ones([20, 50], &Default::default());
            dropout.apply(x).into_data().iter().collect()
        })
    }

    #[test]
    fn every_site_has_a_mask_of_its_own_and_the_generator_decides() {
        let [first, second] = masks(&mut Dropout::new(0.5, generator(1, 2, 3, 4)));
        assert_ne!(first, second);
        assert!(first.iter().all(|v| [0.0, 2.0].contains(v)));
        let share = first.iter().filter(|v| **v == 0.0).count() as f32 / 1000.0;
        assert!((share - 0.5).abs() < 0.08, "{share} dropped");
        assert_eq!(
            [first, second],
            masks(&mut Dropout::new(0.5, generator(1, 2, 3, 4)))
        );
    }

    #[test]
    fn masks_are_the_generators_words_in_order() {
        use super::{CHUNK, mask};
        use crate::train::order::uniform;
        let (mut ours, mut serial) = (generator(1, 2, 3, 4), generator(1, 2, 3, 4));
        for rate in [0.3, 0.5] {
            for len in [5, 2 * CHUNK + 7] {
                let expected: Vec<f32> = (0..len)
                    .map(|_| match uniform(&mut serial, 0.0, 1.0) < rate {
                        true => 0.0,
                        false => (1.0 - rate).recip(),
                    })
                    .collect();
                assert_eq!(mask(&mut ours, rate, len), expected);
            }
        }
    }

    #[test]
    fn off_leaves_everything() {
        let [first, _] = masks(&mut Dropout::off());
        assert!(first.iter().all(|v| *v == 1.0));
    }
}
