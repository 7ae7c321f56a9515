//! The layers of `parallel-cnn-rnn`: normalised windows, `[batch, frames, bands]`, go in, logits `[batch, classes]`
//! come out.
//!
//! # Shape
//! For 640 frames of 128 bands, channels last, without the batch axis:
//!
//! | layer | output |
//! |---|---|
//! | normalised window | 640 x 128 x 1 |
//! | convolution 3 x 1, ReLU, max-pool 2 x 2 | 319 x 64 x 16 |
//! | convolution 3 x 1, ReLU, max-pool 2 x 2 | 158 x 32 x 32 |
//! | convolution 3 x 1, ReLU, max-pool 2 x 2 | 78 x 16 x 64 |
//! | convolution 3 x 1, ReLU, max-pool 4 x 4 | 19 x 4 x 64 |
//! | convolution 3 x 1, ReLU, max-pool 4 x 4 | 4 x 1 x 64, flattened 256 |
//! | beside them: max-pool 4 x 2 of the window | 160 x 64 |
//! | bidirectional GRU, both last states | 128 |
//! | both, dropout | 384 |
//! | dense | classes |
//!
//! Windows of fewer frames or bands are pooled less where an axis would vanish.

use crate::nn::cell::Cell;
use crate::nn::dense::{Convolution, Dense, max_pool};
use crate::nn::ops::LayerOps;
use crate::nn::recurrent::Recurrent;
use crate::nn::{Geometry, Pass, Size, Zeros};
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;

/// Channels out of each convolution, and the pooling behind it.
const BLOCKS: [(usize, [usize; 2]); 5] = [
    (16, [2, 2]),
    (32, [2, 2]),
    (64, [2, 2]),
    (64, [4, 4]),
    (64, [4, 4]),
];
/// Pooling before the GRU.
const SHORTEN: [usize; 2] = [4, 2];
/// Hidden units of the GRU in each direction.
const HIDDEN: usize = 64;
const GEOMETRY: Geometry = Geometry {
    kernel: [3, 1],
    stride: [1, 1],
    padding: [0, 0],
    zeros: Zeros::Around,
};

/// The network.
#[derive(Module, Debug)]
pub struct ParallelCnnRnn<B: Backend> {
    pub(crate) convolutions: Vec<Convolution<B>>,
    pub(crate) forward: Recurrent<B>,
    pub(crate) backward: Recurrent<B>,
    pub(crate) head: Dense<B>,
    /// Pooling behind each convolution.
    #[module(skip)]
    pub(crate) pools: Vec<[usize; 2]>,
    /// Pooling before the GRU.
    #[module(skip)]
    pub(crate) shorten: [usize; 2],
}

/// Pooling that leaves at least so many rows, and a column.
fn at_most(pool: [usize; 2], map: [usize; 2], rows: usize) -> [usize; 2] {
    [pool[0].min(map[0] / rows).max(1), pool[1].min(map[1])]
}

impl<B: Backend> ParallelCnnRnn<B> {
    /// Random weights from `rng`.
    pub fn new(size: Size, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let window = [size.frames, size.bands];
        let (mut map, mut channels) = (window, 1);
        let (mut convolutions, mut pools) = (Vec::new(), Vec::new());
        for (index, (to, pool)) in BLOCKS.into_iter().enumerate() {
            convolutions.push(Convolution::new([channels, to], GEOMETRY, rng, device));
            map = GEOMETRY.output(map);
            // What the convolutions behind it take off, and one that is left.
            let rows = 1 + (GEOMETRY.kernel[0] - 1) * (BLOCKS.len() - 1 - index);
            let pool = at_most(pool, map, rows);
            map = [map[0] / pool[0], map[1] / pool[1]];
            pools.push(pool);
            channels = to;
        }
        let shorten = at_most(SHORTEN, window, 1);
        let inputs = size.bands / shorten[1];
        let gru = |rng: &mut ChaCha8Rng| Recurrent::new(Cell::Gru, [inputs, HIDDEN], rng, device);
        let (forward, backward) = (gru(rng), gru(rng));
        let features = map[0] * map[1] * channels + 2 * HIDDEN;
        Self {
            convolutions,
            forward,
            backward,
            head: Dense::head([features, size.classes], rng, device),
            pools,
            shorten,
        }
    }
}

impl<B: LayerOps> ParallelCnnRnn<B> {
    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let window = x.unsqueeze_dim::<4>(3);
        let mut x = window.clone();
        for (index, (convolution, pool)) in self.convolutions.iter().zip(&self.pools).enumerate() {
            x = max_pool(relu(convolution.forward(x, index, pass)), *pool);
        }
        let steps = max_pool(window, self.shorten).squeeze_dim::<3>(3);
        let ahead = self.forward.last(steps.clone());
        let back = self.backward.last(steps.flip([1]));
        let x = Tensor::cat(vec![x.flatten(1, 3), ahead, back], 1);
        self.head.forward(pass.dropout(x))
    }
}

#[cfg(test)]
mod tests {
    use super::{HIDDEN, ParallelCnnRnn};
    use crate::definition::Definition;
    use crate::nn::Size;
    use crate::order::generator;
    use crate::parallel_cnn_rnn::Registered;

    #[test]
    fn every_window_that_is_long_enough_leaves_features() {
        let least = Registered::LEAST_ROWS;
        for frames in least..least + 150 {
            let size = Size {
                frames,
                bands: 4,
                classes: 2,
            };
            let net = ParallelCnnRnn::<burn_flex::Flex>::new(
                size,
                &mut generator(1, 0, 0, 0),
                &Default::default(),
            );
            let [features, _] = net.head.weight.dims();
            assert!(features > 2 * HIDDEN, "{frames} frames");
        }
    }
}
