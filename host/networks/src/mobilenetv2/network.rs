//! The layers of `mobilenetv2`: normalised windows, `[batch, frames, bands]`, go in, logits `[batch, classes]` come
//! out.
//!
//! # Shape
//! Channels last, without the batch axis. "Inverted residual t, c, n, s" is n blocks of: pointwise to t times the
//! channels (not for t = 1), depthwise 3 x 3 (stride s in the first block), pointwise to c without an activation, the
//! input added where shapes agree. A batch norm follows each convolution, ReLU6 all but the last of a block.
//!
//! | stage | layer | output |
//! |---|---|---|
//! | | normalised window as a picture | 224 x 224 x 1 |
//! | 0 | convolution 3 x 3, stride 2 | 112 x 112 x 32 |
//! | 1 | inverted residual 1, 16, 1, 1 | 112 x 112 x 16 |
//! | 2 - 3 | inverted residual 6, 24, 2, 2 | 56 x 56 x 24 |
//! | 4 - 6 | inverted residual 6, 32, 3, 2 | 28 x 28 x 32 |
//! | 7 - 10 | inverted residual 6, 64, 4, 2 | 14 x 14 x 64 |
//! | 11 - 13 | inverted residual 6, 96, 3, 1 | 14 x 14 x 96 |
//! | 14 - 16 | inverted residual 6, 160, 3, 2 | 7 x 7 x 160 |
//! | 17 | inverted residual 6, 320, 1, 1 | 7 x 7 x 320 |
//! | 18 | pointwise | 7 x 7 x 1280 |
//! | | mean, dropout (training alone), linear | classes |

use super::block::{InvertedResidual, three_by_three};
use super::picture::{SIDE, picture};
use crate::nn::dense::Dense;
use crate::nn::kernel::taps::LANES;
use crate::nn::layers::{NormRelu, he_normal, pointwise, stem};
use crate::nn::ops::LayerOps;
use crate::nn::{Bounds, Frozen, Geometry, Pass};
use crate::pretrained::Padding;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Expansion, channels out, blocks, stride of the first block.
const BLOCKS: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];
pub(super) const STEM_CHANNELS: usize = 32;
/// Features of a window.
pub(super) const FEATURES: usize = 1280;
/// Stem, inverted residuals, last pointwise convolution: torchvision's `features`.
pub(super) const STAGES: usize = 19;

const _: () = assert!(
    STEM_CHANNELS.is_multiple_of(LANES) && 16_usize.is_multiple_of(LANES),
    "depthwise kernels work on whole groups of channels"
);

/// The network.
#[derive(Module, Debug)]
pub struct MobileNetV2<B: Backend> {
    /// `[taps, channels]`.
    pub(crate) stem: Param<Tensor<B, 2>>,
    pub(crate) stem_norm: NormRelu<B>,
    pub(crate) blocks: Vec<InvertedResidual<B>>,
    /// `[channels, features]`.
    pub(crate) last: Param<Tensor<B, 2>>,
    pub(crate) last_norm: NormRelu<B>,
    pub(crate) head: Dense<B>,
    #[module(skip)]
    pub(crate) stem_geometry: Geometry,
    /// Stages that do not learn, from the first on.
    #[module(skip)]
    pub(crate) frozen: usize,
}

impl<B: Backend> MobileNetV2<B> {
    /// Random weights from `rng`; `padding` is that of the weights to be loaded, if there are any.
    pub fn new(classes: usize, padding: Padding, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let stem = he_normal([9, STEM_CHANNELS], 9, rng, device);
        let mut channels = STEM_CHANNELS;
        let mut blocks = Vec::with_capacity(STAGES - 2);
        for (expansion, out, repeats, stride) in BLOCKS {
            for index in 0..repeats {
                let geometry = three_by_three(if index == 0 { stride } else { 1 }, padding);
                let sizes = [channels, out];
                blocks.push(InvertedResidual::new(
                    sizes, expansion, geometry, rng, device,
                ));
                channels = out;
            }
        }
        Self {
            stem,
            stem_norm: NormRelu::new(STEM_CHANNELS, device),
            blocks,
            last: he_normal([channels, FEATURES], channels, rng, device),
            last_norm: NormRelu::new(FEATURES, device),
            head: Dense::head([FEATURES, classes], rng, device),
            stem_geometry: three_by_three(2, padding),
            frozen: 0,
        }
    }

    /// Height, width and channels of what the first `stages` give.
    fn map(&self, stages: usize) -> [usize; 3] {
        let mut side = SIDE;
        let mut channels = 1;
        for stage in 0..stages {
            let geometry = match stage {
                0 => Some(self.stem_geometry),
                _ => self.blocks.get(stage - 1).map(|block| block.geometry),
            };
            side = geometry.map_or(side, |geometry| geometry.output([side; 2])[0]);
            channels = match stage {
                0 => STEM_CHANNELS,
                _ => self
                    .blocks
                    .get(stage - 1)
                    .map_or(FEATURES, |block| block.project.dims()[1]),
            };
        }
        [side, side, channels]
    }
}

impl<B: LayerOps> MobileNetV2<B> {
    fn run(&self, stages: Range<usize>, mut x: Tensor<B, 4>, pass: &mut Pass<B>) -> Tensor<B, 4> {
        for stage in stages {
            x = match stage {
                0 => {
                    let x = stem(x.squeeze_dim(3), self.stem.val(), self.stem_geometry);
                    self.stem_norm
                        .within(x, Bounds::RELU6, format_args!("stem"), pass)
                }
                _ => match self.blocks.get(stage - 1) {
                    Some(block) => block.forward(x, format_args!("block{stage}"), pass),
                    None => {
                        let x = pointwise(x, self.last.val());
                        self.last_norm
                            .within(x, Bounds::RELU6, format_args!("last"), pass)
                    }
                },
            };
        }
        x
    }

    fn answer(&self, features: Tensor<B, 2>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.head.forward(pass.dropout(features))
    }

    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let features = pool(self.run(0..STAGES, picture(x), pass));
        self.answer(features, pass)
    }
}

/// Mean over height and width: `[windows, features]`.
fn pool<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 2> {
    let [windows, height, width, channels] = x.dims();
    x.reshape([windows, height * width, channels])
        .mean_dim(1)
        .reshape([windows, channels])
}

impl<B: LayerOps> Frozen<B> for MobileNetV2<B> {
    fn values(&self) -> usize {
        match self.frozen {
            STAGES => FEATURES,
            stages => self.map(stages).iter().product(),
        }
    }

    fn before(&self, x: Tensor<B, 3>) -> Tensor<B, 2> {
        let x = self.run(0..self.frozen, picture(x), &mut Pass::evaluating());
        match self.frozen {
            STAGES => pool(x),
            _ => x.flatten(1, 3),
        }
    }

    fn behind(&self, x: Tensor<B, 2>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        if self.frozen == STAGES {
            return self.answer(x, pass);
        }
        let [windows, _] = x.dims();
        let [height, width, channels] = self.map(self.frozen);
        let x = x.reshape([windows, height, width, channels]);
        let features = pool(self.run(self.frozen..STAGES, x, pass));
        self.answer(features, pass)
    }
}
