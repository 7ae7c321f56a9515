//! Dropout whose masks are a pure function of a batch's own generator.

use crate::train::order::uniform;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

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
        let kept = (1.0 - rate).recip();
        let mask: Vec<f32> = (0..shape.num_elements())
            .map(|_| {
                if uniform(rng, 0.0, 1.0) < rate {
                    0.0
                } else {
                    kept
                }
            })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }
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
    fn off_leaves_everything() {
        let [first, _] = masks(&mut Dropout::off());
        assert!(first.iter().all(|v| *v == 1.0));
    }
}
