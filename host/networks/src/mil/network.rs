//! The layers of `mil`: normalised windows, `[batch, frames, bands]`, go in, logits `[batch, classes]` come out.
//!
//! # Shape
//! For 216 frames of 40 bands, channels last, without the batch axis:
//!
//! | layer | output |
//! |---|---|
//! | normalised window | 216 x 40 |
//! | DCT-II, the first 13 cepstra | 216 x 13 x 1 |
//! | convolution 3 x 3 | 214 x 11 x 16 |
//! | max-pool 3 x 2 | 71 x 5 x 16 |
//! | convolution 3 x 3, ReLU | 69 x 3 x 16 |
//! | max-pool 2 x 3 | 34 x 1 x 16, flattened 544 |
//! | dense, ReLU, dropout | 32 |
//! | dense, ReLU, dropout | 32 |
//! | dense | classes |
//!
//! A song's answer pools its windows': see [`Pool`]. The answer on a song of one window is the window's own.

use crate::Pool;
use crate::cepstra::dct;
use crate::nn::dense::{Convolution, Dense, max_pool};
use crate::nn::ops::LayerOps;
use crate::nn::{Geometry, Pass, Size, Zeros};
use burn::module::{Module, Param};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

/// Cepstra.
pub(super) const CEPSTRA: usize = 13;
/// Channels of the convolutions.
const CHANNELS: usize = 16;
/// Units of the dense layers before the last.
const UNITS: usize = 32;
/// Max-pooling behind each convolution.
pub(super) const POOLS: [[usize; 2]; 2] = [[3, 2], [2, 3]];
/// Least mean probability, so that its logarithm is a number.
pub(super) const LEAST_PROBABILITY: f32 = 1e-30;
const GEOMETRY: Geometry = Geometry {
    kernel: [3, 3],
    stride: [1, 1],
    padding: [0, 0],
    zeros: Zeros::Around,
};

/// What a window's share in its song depends on.
#[derive(Module, Debug)]
pub struct Attention<B: Backend> {
    /// `[units, units]`, behind it tanh.
    pub(crate) hidden: Dense<B>,
    /// `[units, 1]`.
    pub(crate) score: Param<Tensor<B, 2>>,
}

/// The network.
#[derive(Module, Debug)]
pub struct Mil<B: Backend> {
    pub(crate) convolutions: Vec<Convolution<B>>,
    pub(crate) dense: Vec<Dense<B>>,
    pub(crate) head: Dense<B>,
    pub(crate) attention: Option<Attention<B>>,
    #[module(skip)]
    pub(crate) pool: Pool,
}

impl<B: Backend> Mil<B> {
    /// Random weights from `rng`.
    pub fn new(size: Size, pool: Pool, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let (mut map, mut channels) = ([size.frames, CEPSTRA], 1);
        let mut convolutions = Vec::new();
        for [down, across] in POOLS {
            convolutions.push(Convolution::new(
                [channels, CHANNELS],
                GEOMETRY,
                rng,
                device,
            ));
            let [rows, columns] = GEOMETRY.output(map);
            map = [rows / down, columns / across];
            channels = CHANNELS;
        }
        let first = Dense::new([map[0] * map[1] * channels, UNITS], rng, device);
        let second = Dense::new([UNITS, UNITS], rng, device);
        let head = Dense::head([UNITS, size.classes], rng, device);
        let attention = (pool == Pool::Attention).then(|| Attention {
            hidden: Dense::new([UNITS, UNITS], rng, device),
            score: Dense::<B>::head([UNITS, 1], rng, device).weight,
        });
        Self {
            convolutions,
            dense: vec![first, second],
            head,
            attention,
            pool,
        }
    }
}

impl<B: LayerOps> Mil<B> {
    /// What the last layer sees: `[windows, frames, bands]` to `[windows, units]`.
    fn features(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let [windows, frames, bands] = x.dims();
        let dct = TensorData::new(dct(bands, CEPSTRA), [bands, CEPSTRA]);
        let dct = Tensor::<B, 2>::from_data(dct, &x.device());
        let mut x = x
            .reshape([windows * frames, bands])
            .matmul(dct)
            .reshape([windows, frames, CEPSTRA, 1]);
        for (index, (convolution, pool)) in self.convolutions.iter().zip(POOLS).enumerate() {
            let y = convolution.forward(x, index, pass);
            // The first convolution is linear.
            x = max_pool(if index == 0 { y } else { relu(y) }, pool);
        }
        let mut x: Tensor<B, 2> = x.flatten(1, 3);
        for dense in &self.dense {
            x = pass.dropout(relu(dense.forward(x)));
        }
        x
    }

    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.head.forward(self.features(x, pass))
    }

    /// Logits of bags of `bag` windows each: `[bags * bag, frames, bands]` to `[bags, classes]`.
    pub(super) fn forward_bag(
        &self,
        x: Tensor<B, 3>,
        bag: usize,
        pass: &mut Pass<B>,
    ) -> Tensor<B, 2> {
        let features = self.features(x, pass);
        let logits = self.head.forward(features.clone());
        if bag == 1 {
            return logits;
        }
        let [windows, classes] = logits.dims();
        let bags = windows / bag;
        let logits = logits.reshape([bags, bag, classes]);
        let pooled = match &self.attention {
            Some(attention) => {
                let hidden = attention.hidden.forward(features).tanh();
                let scores = hidden.matmul(attention.score.val()).reshape([bags, bag, 1]);
                (logits * softmax(scores, 1)).sum_dim(1)
            }
            None if self.pool == Pool::Max => logits.max_dim(1),
            None => {
                let mean = softmax(logits, 2).mean_dim(1);
                mean.clamp_min(LEAST_PROBABILITY).log()
            }
        };
        pooled.reshape([bags, classes])
    }
}

#[cfg(test)]
mod tests {
    use super::Mil;
    use crate::Pool;
    use crate::nn::{Size, trainable_parameters};
    use crate::order::generator;

    type B = burn::backend::Autodiff<burn_flex::Flex>;

    #[test]
    fn it_has_the_articles_parameters() {
        let size = Size {
            frames: 216,
            bands: 40,
            classes: 3,
        };
        let net = |pool| Mil::<B>::new(size, pool, &mut generator(1, 0, 0, 0), &Default::default());
        assert_eq!(trainable_parameters::<B, _>(&net(Pool::Mean)), 21_075);
        assert_eq!(trainable_parameters::<B, _>(&net(Pool::Max)), 21_075);
        let attention = 32 * 32 + 32 + 32;
        assert_eq!(
            trainable_parameters::<B, _>(&net(Pool::Attention)),
            21_075 + attention
        );
    }
}
