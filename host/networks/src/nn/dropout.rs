//! Dropout on tensors of any shape, whose masks are a pure function of a batch's own generator.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Dropout in one forward pass: a network's sites draw their masks in the order in which it passes them.
#[derive(Clone, Debug)]
pub struct Dropout {
    rate: f32,
    rng: Option<ChaCha8Rng>,
    /// Bags of the batch that are passed, and how many it has, when that is not all of them.
    part: Option<(Range<usize>, usize)>,
}

impl Dropout {
    /// No dropout: for evaluation.
    pub const fn off() -> Self {
        Self {
            rate: 0.0,
            rng: None,
            part: None,
        }
    }

    /// Each value is dropped with probability `rate`, the others grow so that the mean stays.
    pub fn new(rate: f32, rng: ChaCha8Rng) -> Self {
        Self {
            rate,
            rng: (rate > 0.0).then_some(rng),
            part: None,
        }
    }

    /// For some `bags` of a batch `of` so many: they get the masks that they have in the whole batch.
    pub fn on(self, bags: Range<usize>, of: usize) -> Self {
        Self {
            part: (bags.len() < of).then_some((bags, of)),
            ..self
        }
    }

    /// The next site.
    pub fn apply<B: Backend, const D: usize>(&mut self, x: Tensor<B, D>) -> Tensor<B, D> {
        let Some(rng) = &mut self.rng else {
            return x;
        };
        let (rate, shape) = (self.rate, x.shape());
        let (before, behind) = match &self.part {
            None => (0, 0),
            Some((bags, of)) => {
                let of_bag = shape.num_elements() / bags.len().max(1);
                (bags.start * of_bag, (of - bags.end) * of_bag)
            }
        };
        skip(rng, before);
        let mask = mask(rng, rate, shape.num_elements());
        skip(rng, behind);
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }
}

/// So many values, each nought with probability `rate` and the same number otherwise, a word of the generator each.
fn mask(rng: &mut ChaCha8Rng, rate: f32, len: usize) -> Vec<f32> {
    let kept = (1.0 - rate).recip();
    // 24 bits of a word make a uniform number; it is below the rate when they are below this.
    let dropped = (f64::from(rate) * f64::from(1 << 24)).ceil() as u32;
    let mut bytes = vec![0; 4 * len];
    rng.fill_bytes(&mut bytes);
    let (words, _) = bytes.as_chunks();
    words
        .iter()
        .map(|&word| match u32::from_le_bytes(word) >> 8 < dropped {
            true => 0.0,
            false => kept,
        })
        .collect()
}

/// Leaves out so many draws: each takes one word.
fn skip(rng: &mut ChaCha8Rng, draws: usize) {
    rng.set_word_pos(rng.get_word_pos() + draws as u128);
}

#[cfg(test)]
mod tests {
    use super::Dropout;
    use crate::order::generator;
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
        use super::mask;
        use crate::order::uniform;
        let (mut ours, mut serial) = (generator(1, 2, 3, 4), generator(1, 2, 3, 4));
        for rate in [0.3, 0.5] {
            for len in [5, 32_775] {
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
    fn the_parts_of_a_batch_have_the_whole_batchs_masks() {
        let sites = |mut dropout: Dropout, bags: usize| {
            [5, 7].map(|width| {
                let x = Tensor::<B, 3>::ones([3 * bags, width, 2], &Default::default());
                let mask: Vec<f32> = dropout.apply(x).into_data().iter().collect();
                mask
            })
        };
        let dropout = || Dropout::new(0.5, generator(1, 2, 3, 4));
        let whole = sites(dropout(), 5);
        let parts = [0..2, 2..3, 3..5].map(|bags| sites(dropout().on(bags.clone(), 5), bags.len()));
        for site in 0..2 {
            let joined = parts.iter().flat_map(|part| part[site].clone());
            assert_eq!(joined.collect::<Vec<_>>(), whole[site]);
        }
    }

    #[test]
    fn off_leaves_everything() {
        let [first, _] = masks(&mut Dropout::off());
        assert!(first.iter().all(|v| *v == 1.0));
    }
}
