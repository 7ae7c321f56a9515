//! The layers of `compact`: normalised windows, `[batch, frames, bands]`, go in, logits `[batch, classes]` come out.
//!
//! A wide-stride stem turns the log-mel window into a quarter-resolution map; separable blocks widen it while they
//! halve it three times; a depthwise kernel as high as the remaining frequency axis keeps where on the axis something
//! is; the mean over time makes the answer independent of when.
//!
//! # Shape
//! For the window of preset `seed`, channels last, without the batch axis:
//!
//! | layer | output |
//! |---|---|
//! | normalised window | 128 x 128 (frames x bands) |
//! | stem 5 x 5, stride 4, norm, ReLU | 32 x 32 x 32 |
//! | separable 3 x 3 | 32 x 32 x 32 (+ input) |
//! | separable 3 x 3, stride 2 | 16 x 16 x 64 |
//! | separable 3 x 3 | 16 x 16 x 64 (+ input) |
//! | separable 3 x 3, stride 2 | 8 x 8 x 96 |
//! | separable 3 x 3 | 8 x 8 x 96 (+ input) |
//! | separable 3 x 3, stride 2 | 4 x 4 x 160 |
//! | separable 3 x 3 | 4 x 4 x 160 (+ input) |
//! | depthwise 1 x 4 over frequency, norm, ReLU | 4 x 1 x 160 |
//! | mean over time | 160 |
//! | dropout (training alone), linear | classes |
//!
//! The causal form pads the past alone: row `j` of a map of stride `s` sees no frame behind `(j + 1) s - 1`, so that a
//! stream can be run row by row, and the mean is one over the newest rows of the last map.
//!
//! "Separable" is depthwise, norm, ReLU, pointwise, norm, ReLU. Norms are batch norms; the exported graph has them
//! folded.

use super::block::SeparableBlock;
use crate::nn::kernel::taps::LANES;
use crate::nn::layers::{NormRelu, depthwise, he_normal, stem};
use crate::nn::ops::LayerOps;
use crate::nn::{Geometry, Pass, Size, Zeros};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;

/// Channels of the stem.
const STEM_CHANNELS: usize = 32;
/// Channels out of each separable block, and its stride along both axes.
const BLOCKS: [(usize, usize); 7] = [
    (32, 1),
    (64, 2),
    (64, 1),
    (96, 2),
    (96, 1),
    (160, 2),
    (160, 1),
];

/// The stem: its stride brings any frontend's window to about 32 x 32.
fn stem_geometry([frames, bands]: [usize; 2], zeros: Zeros) -> Geometry {
    let stride = |size: usize| match size {
        96.. => 4,
        48.. => 2,
        _ => 1,
    };
    Geometry {
        kernel: [5, 5],
        stride: [stride(frames), stride(bands)],
        padding: [2, 2],
        zeros,
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Compact<B: Backend> {
    /// `[taps, channels]`.
    pub(crate) stem: Param<Tensor<B, 2>>,
    pub(crate) stem_norm: NormRelu<B>,
    pub(crate) blocks: Vec<SeparableBlock<B>>,
    /// `[1, bands left, channels]`.
    pub(crate) collapse: Param<Tensor<B, 3>>,
    pub(crate) collapse_norm: NormRelu<B>,
    /// `[channels, classes]`.
    pub(crate) head: Param<Tensor<B, 2>>,
    pub(crate) head_bias: Param<Tensor<B, 1>>,
    #[module(skip)]
    pub(crate) stem_geometry: Geometry,
    #[module(skip)]
    pub(crate) collapse_geometry: Geometry,
}

impl<B: Backend> Compact<B> {
    /// Random weights from `rng`, the same on every backend. Causal, nothing but the mean over the last map sees a
    /// frame from behind the ones that its own stride covers.
    pub fn new(size: Size, causal: bool, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let window = [size.frames, size.bands];
        let zeros = if causal { Zeros::Causal } else { Zeros::Around };
        let stem_geometry = stem_geometry(window, zeros);
        let taps = stem_geometry.kernel[0] * stem_geometry.kernel[1];
        let stem = he_normal([taps, STEM_CHANNELS], taps, rng, device);
        let mut channels = STEM_CHANNELS;
        let mut map = stem_geometry.output(window);
        let mut blocks = Vec::with_capacity(BLOCKS.len());
        for (out, stride) in BLOCKS {
            let geometry = Geometry {
                kernel: [3, 3],
                stride: [stride; 2],
                padding: [1, 1],
                zeros,
            };
            blocks.push(SeparableBlock::new([channels, out], geometry, rng, device));
            channels = out;
            map = geometry.output(map);
        }
        let collapse_geometry = Geometry {
            kernel: [1, map[1]],
            stride: [1, 1],
            padding: [0, 0],
            zeros,
        };
        Self {
            stem,
            stem_norm: NormRelu::new(STEM_CHANNELS, device),
            blocks,
            collapse: he_normal([1, map[1], channels], map[1], rng, device),
            collapse_norm: NormRelu::new(channels, device),
            // A small last layer starts the training near equal probabilities.
            head: he_normal([channels, size.classes], 16 * channels, rng, device),
            head_bias: Param::from_tensor(Tensor::zeros([size.classes], device)),
            stem_geometry,
            collapse_geometry,
        }
    }
}

const _: () = assert!(
    STEM_CHANNELS.is_multiple_of(LANES),
    "the kernels work on whole groups of channels"
);

impl<B: LayerOps> Compact<B> {
    /// Logits of normalised windows: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let x = stem(x, self.stem.val(), self.stem_geometry);
        let mut x = self.stem_norm.forward(x, format_args!("stem"), pass);
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, format_args!("block{}", index + 1), pass);
        }
        let x = depthwise(x, self.collapse.val(), self.collapse_geometry);
        let x = self
            .collapse_norm
            .forward(x, format_args!("collapse"), pass);
        let [batch, frames, _, channels] = x.dims();
        let x = x
            .reshape([batch, frames, channels])
            .mean_dim(1)
            .reshape([batch, channels]);
        pass.dropout(x).matmul(self.head.val()) + self.head_bias.val().unsqueeze()
    }
}
