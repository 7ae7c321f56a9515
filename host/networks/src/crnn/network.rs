//! The layers of `crnn`: normalised windows, `[batch, frames, bands]`, go in, logits `[batch, classes]` come out.
//!
//! # Shape
//! For 640 frames of 128 bands, channels last, without the batch axis:
//!
//! | layer | output |
//! |---|---|
//! | normalised window | 640 x 128 |
//! | convolution 5, ReLU, norm, max-pool 2, dropout | 320 x 56 |
//! | convolution 5, ReLU, norm, max-pool 2, dropout | 160 x 56 |
//! | convolution 5, ReLU, norm, max-pool 2, dropout | 80 x 56 |
//! | LSTM, its last state, dropout | 96 |
//! | dense, ReLU, dropout | 64 |
//! | dense | classes |

use crate::nn::cell::Cell;
use crate::nn::dense::{Convolution, Dense, max_pool};
use crate::nn::layers::NormRelu;
use crate::nn::ops::LayerOps;
use crate::nn::recurrent::Recurrent;
use crate::nn::{Geometry, Pass, Size, Zeros};
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;

/// Convolutions.
const BLOCKS: usize = 3;
/// Channels of each.
const CHANNELS: usize = 56;
/// Hidden units of the LSTM.
const HIDDEN: usize = 96;
/// Units of the dense layer before the last.
const UNITS: usize = 64;
/// Max-pooling of each block.
pub(super) const POOL: [usize; 2] = [2, 1];
const GEOMETRY: Geometry = Geometry {
    kernel: [5, 1],
    stride: [1, 1],
    padding: [2, 0],
    zeros: Zeros::Around,
};

/// The network.
#[derive(Module, Debug)]
pub struct Crnn<B: Backend> {
    pub(crate) convolutions: Vec<Convolution<B>>,
    /// Norm behind each convolution.
    pub norms: Vec<NormRelu<B>>,
    pub(crate) lstm: Recurrent<B>,
    pub(crate) dense: Dense<B>,
    pub(crate) head: Dense<B>,
}

impl<B: Backend> Crnn<B> {
    /// Random weights from `rng`.
    pub fn new(size: Size, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let mut convolutions = Vec::new();
        for block in 0..BLOCKS {
            let from = if block == 0 { size.bands } else { CHANNELS };
            convolutions.push(Convolution::new([from, CHANNELS], GEOMETRY, rng, device));
        }
        Self {
            convolutions,
            norms: (0..BLOCKS)
                .map(|_| NormRelu::new(CHANNELS, device))
                .collect(),
            lstm: Recurrent::new(Cell::Lstm, [CHANNELS, HIDDEN], rng, device),
            dense: Dense::new([HIDDEN, UNITS], rng, device),
            head: Dense::head([UNITS, size.classes], rng, device),
        }
    }
}

impl<B: LayerOps> Crnn<B> {
    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        // Bands are the first layer's channels.
        let mut x = x.unsqueeze_dim::<4>(2);
        for (index, (convolution, norm)) in self.convolutions.iter().zip(&self.norms).enumerate() {
            let y = convolution.forward(x, index, pass);
            let y = norm.forward_linear(relu(y), pass);
            x = pass.dropout(max_pool(y, POOL));
        }
        let x = pass.dropout(self.lstm.last(x.squeeze_dim::<3>(2)));
        let x = pass.dropout(relu(self.dense.forward(x)));
        self.head.forward(x)
    }
}
