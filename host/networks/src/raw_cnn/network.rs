//! The layers of `raw-cnn`: PCM, `[batch, samples, 1]`, goes in, logits `[batch, classes]` come out.
//!
//! # Shape
//! For 10,000 samples, channels last, without the batch axis:
//!
//! | layer | output |
//! |---|---|
//! | PCM, full scale 1 | 10,000 x 1 |
//! | convolution 3, ReLU | 9,998 x 128 |
//! | max-pool 2 | 4,999 x 128 |
//! | convolution 3, ReLU | 4,997 x 64 |
//! | max-pool 2 | 2,498 x 64 |
//! | dense, ReLU, dropout | 100 |
//! | dense, ReLU, dropout | 20 |
//! | dense | classes |

use crate::nn::dense::{Convolution, Dense, max_pool};
use crate::nn::ops::LayerOps;
use crate::nn::{Geometry, Pass, Size, Zeros};
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;

/// Channels out of the convolutions.
const CHANNELS: [usize; 2] = [128, 64];
/// Units of the dense layers before the last.
const UNITS: [usize; 2] = [100, 20];
/// Max-pooling behind each convolution.
pub(super) const POOL: [usize; 2] = [2, 1];
const GEOMETRY: Geometry = Geometry {
    kernel: [3, 1],
    stride: [1, 1],
    padding: [0, 0],
    zeros: Zeros::Around,
};

/// The network.
#[derive(Module, Debug)]
pub struct RawCnn<B: Backend> {
    pub(crate) convolutions: Vec<Convolution<B>>,
    pub(crate) dense: Vec<Dense<B>>,
    pub(crate) head: Dense<B>,
}

impl<B: Backend> RawCnn<B> {
    /// Random weights from `rng`.
    pub fn new(size: Size, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let (mut samples, mut channels) = (size.frames, 1);
        let mut convolutions = Vec::new();
        for to in CHANNELS {
            convolutions.push(Convolution::new([channels, to], GEOMETRY, rng, device));
            samples = GEOMETRY.output([samples, 1])[0] / POOL[0];
            channels = to;
        }
        let first = Dense::new([samples * channels, UNITS[0]], rng, device);
        let second = Dense::new(UNITS, rng, device);
        Self {
            convolutions,
            dense: vec![first, second],
            head: Dense::head([UNITS[1], size.classes], rng, device),
        }
    }
}

impl<B: LayerOps> RawCnn<B> {
    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let mut x = x.unsqueeze_dim::<4>(3);
        for (index, convolution) in self.convolutions.iter().enumerate() {
            x = max_pool(relu(convolution.forward(x, index, pass)), POOL);
        }
        let mut x: Tensor<B, 2> = x.flatten(1, 3);
        for dense in &self.dense {
            x = pass.dropout(relu(dense.forward(x)));
        }
        self.head.forward(x)
    }
}
