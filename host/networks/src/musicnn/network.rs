//! `musicnn`: J. Pons and X. Serra's tagger (ISMIR 2018; weights of 2019), layer for layer, on log-mel in dB at a
//! reference level.
//!
//! # Shape
//! Channels last, without the batch axis, for 187 frames of 96 bands. After each ReLU comes a batch norm.
//!
//! | stage | layer | output |
//! |---|---|---|
//! | | log10(1 + 10000 x) of the powers, norm | 187 x 96 x 1 |
//! | 0 | timbral: 204 kernels each of 7 frames x 0.4 and x 0.7 of the bands, maximum over bands | 187 x 408 |
//! | | temporal: 51 kernels each of 128, 64 and 32 frames x 1 band, maximum over bands | 187 x 153 |
//! | 1 | convolution along time, 7 frames | 187 x 64 |
//! | 2, 3 | the same, the input added | 187 x 64 |
//! | 4 | all of it: maximum and mean over time, norm, linear, ReLU, norm: the embedding | 200 |
//! | | dropout (training alone), linear | classes |
//!
//! # Source
//! J. Pons, O. Nieto, M. Prockup, E. Schmidt, A. Ehmann, X. Serra: End-to-end learning for music audio tagging at
//! scale, ISMIR 2018; J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging,
//! 2019.

use crate::nn::dense::{Convolution, Dense};
use crate::nn::layers::NormRelu;
use crate::nn::ops::LayerOps;
use crate::nn::{Frozen, Geometry, Pass, Size, Zeros};
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use needledrop_data::window::NEPER_PER_DB;
use rand_chacha::ChaCha8Rng;

/// Channels of each timbral branch.
pub(super) const TIMBRAL: usize = 204;
/// Frames of a timbral kernel.
const TIMBRAL_FRAMES: usize = 7;
/// Bands of the timbral kernels, in hundredths of all bands.
const TIMBRAL_BANDS_PERCENT: [usize; 2] = [40, 70];
/// Channels of each temporal branch.
pub(super) const TEMPORAL: usize = 51;
/// Frames of the temporal kernels.
pub(super) const TEMPORAL_FRAMES: [usize; 3] = [128, 64, 32];
/// Channels of the front end.
pub(super) const FRONT: usize = 2 * TIMBRAL + TEMPORAL_FRAMES.len() * TEMPORAL;
/// Channels of a middle layer.
pub(super) const MIDDLE: usize = 64;
/// Middle layers.
pub(super) const MIDDLES: usize = 3;
/// Frames of a middle layer's kernel.
const MIDDLE_FRAMES: usize = 7;
/// Values of front end and middle layers, pooled.
pub(super) const POOLED: usize = 2 * (FRONT + MIDDLES * MIDDLE);
/// Values of the embedding.
pub(super) const EMBEDDING: usize = 200;
/// Front end, middle layers, embedding: what may learn or stay.
pub(super) const STAGES: usize = MIDDLES + 2;
/// What the logarithm's argument is per unit of power.
pub(super) const COMPRESSION: f32 = 10_000.0;
/// A convolution, a ReLU and a norm: a branch of the front end, or a middle layer.
#[derive(Module, Debug)]
pub struct Branch<B: Backend> {
    pub(super) convolution: Convolution<B>,
    pub(super) norm: NormRelu<B>,
    /// Frames of zeros before the window, and behind it.
    #[module(skip)]
    pub(super) around: [usize; 2],
}

impl<B: Backend> Branch<B> {
    /// Over a picture of one channel; the time keeps its length.
    fn new(kernel: [usize; 2], channels: usize, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let geometry = Geometry {
            kernel,
            stride: [1, 1],
            padding: [0, 0],
            zeros: Zeros::Around,
        };
        Self {
            convolution: Convolution::new([1, channels], geometry, rng, device),
            norm: NormRelu::new(channels, device),
            around: [(kernel[0] - 1) / 2, kernel[0] / 2],
        }
    }

    /// Along time alone, from so many channels.
    fn along_time(from: usize, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let geometry = Geometry {
            kernel: [MIDDLE_FRAMES, 1],
            stride: [1, 1],
            padding: [MIDDLE_FRAMES / 2, 0],
            zeros: Zeros::Around,
        };
        Self {
            convolution: Convolution::new([from, MIDDLE], geometry, rng, device),
            norm: NormRelu::new(MIDDLE, device),
            around: [0, 0],
        }
    }
}

impl<B: LayerOps> Branch<B> {
    fn forward(&self, x: Tensor<B, 4>, index: usize, pass: &mut Pass<B>) -> Tensor<B, 4> {
        let [windows, _, bands, channels] = x.dims();
        let silence = |frames| Tensor::zeros([windows, frames, bands, channels], &x.device());
        let x = match self.around {
            [0, 0] => x,
            [before, behind] => Tensor::cat(vec![silence(before), x.clone(), silence(behind)], 1),
        };
        let y = burn::tensor::activation::relu(self.convolution.forward(x, index, pass));
        self.norm.forward_linear(y, pass)
    }

    /// The largest value over all bands: `[windows, frames, bands, 1]` to `[windows, frames, channels]`.
    fn over_bands(&self, x: Tensor<B, 4>, index: usize, pass: &mut Pass<B>) -> Tensor<B, 3> {
        self.forward(x, index, pass).max_dim(2).squeeze_dim(2)
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Musicnn<B: Backend> {
    pub(super) input_norm: NormRelu<B>,
    /// Timbral kernels, the narrow first, then temporal ones, the longest first.
    pub(super) front: Vec<Branch<B>>,
    pub(super) middle: Vec<Branch<B>>,
    pub(super) pool_norm: NormRelu<B>,
    pub(super) dense: Dense<B>,
    pub(super) dense_norm: NormRelu<B>,
    pub(super) head: Dense<B>,
    /// Stages that do not learn, from the first on.
    #[module(skip)]
    pub(super) frozen: usize,
    #[module(skip)]
    pub(super) frames: usize,
}

impl<B: Backend> Musicnn<B> {
    /// Random weights from `rng`.
    pub fn new(size: Size, rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let mut front = Vec::with_capacity(TIMBRAL_BANDS_PERCENT.len() + TEMPORAL_FRAMES.len());
        for percent in TIMBRAL_BANDS_PERCENT {
            let bands = (size.bands * percent / 100).max(1);
            front.push(Branch::new([TIMBRAL_FRAMES, bands], TIMBRAL, rng, device));
        }
        for frames in TEMPORAL_FRAMES {
            front.push(Branch::new([frames, 1], TEMPORAL, rng, device));
        }
        let middle = (0..MIDDLES)
            .map(|layer| {
                let from = if layer == 0 { FRONT } else { MIDDLE };
                Branch::along_time(from, rng, device)
            })
            .collect();
        Self {
            input_norm: NormRelu::new(1, device),
            front,
            middle,
            pool_norm: NormRelu::new(POOLED, device),
            dense: Dense::new([POOLED, EMBEDDING], rng, device),
            dense_norm: NormRelu::new(EMBEDDING, device),
            head: Dense::head([EMBEDDING, size.classes], rng, device),
            frozen: 0,
            frames: size.frames,
        }
    }

    /// Channels of what the first `stages` give for each frame, at least the front end and at most all middle layers.
    fn channels(stages: usize) -> usize {
        FRONT + MIDDLE * stages.clamp(1, MIDDLES + 1).saturating_sub(1)
    }
}

impl<B: LayerOps> Musicnn<B> {
    /// Power in dB to what the front end sees: `[windows, frames, bands]` to `[windows, frames, bands, 1]`.
    fn compressed(&self, x: Tensor<B, 3>, pass: &Pass<B>) -> Tensor<B, 4> {
        let power = (x * NEPER_PER_DB as f32).exp() * COMPRESSION;
        let x = (power + 1.0).log() / std::f32::consts::LN_10;
        self.input_norm.forward_linear(x.unsqueeze_dim(3), pass)
    }

    /// Stage 0: `[windows, frames, bands]` to `[windows, frames, channels]`.
    fn front(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 3> {
        let x = self.compressed(x, pass);
        let branches = self.front.iter().enumerate();
        let maps = branches.map(|(index, branch)| branch.over_bands(x.clone(), index, pass));
        Tensor::cat(maps.collect(), 2)
    }

    /// Stages from `first`, at least 1, up to all middle layers: what they give beside what they take.
    fn middles(&self, first: usize, mut all: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 3> {
        for layer in first - 1..MIDDLES {
            let [_, _, channels] = all.dims();
            let from = if layer == 0 { FRONT } else { MIDDLE };
            let input = all
                .clone()
                .narrow(2, channels - from, from)
                .unsqueeze_dim::<4>(2);
            let mut y = self.middle[layer].forward(input.clone(), self.front.len() + layer, pass);
            if layer > 0 {
                y = y + input;
            }
            all = Tensor::cat(vec![all, y.squeeze_dim(2)], 2);
        }
        all
    }

    /// Maximum and mean of each channel over time, side by side: `[windows, frames, channels]` to `[windows, 2 *
    /// channels]`.
    fn pooled(all: Tensor<B, 3>) -> Tensor<B, 2> {
        let [windows, _, channels] = all.dims();
        let (most, mean) = (all.clone().max_dim(1), all.mean_dim(1));
        Tensor::cat(vec![most, mean], 1)
            .swap_dims(1, 2)
            .reshape([windows, 2 * channels])
    }

    /// Stage 4: `[windows, 2 * channels]` to the embedding.
    fn embedding(&self, pooled: Tensor<B, 2>, pass: &Pass<B>) -> Tensor<B, 2> {
        let x = normed(&self.pool_norm, pooled, pass);
        let y = burn::tensor::activation::relu(self.dense.forward(x));
        normed(&self.dense_norm, y, pass)
    }

    fn answer(&self, embedding: Tensor<B, 2>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        self.head.forward(pass.dropout(embedding))
    }

    /// Logits of windows in dB: `[windows, frames, bands]` to `[windows, classes]`.
    pub(super) fn forward(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let front = self.front(x, pass);
        let all = self.middles(1, front, pass);
        let embedding = self.embedding(Self::pooled(all), pass);
        self.answer(embedding, pass)
    }

    /// What the frozen stages give for one window or more, `[windows, values]`.
    fn until(&self, x: Tensor<B, 3>) -> Tensor<B, 2> {
        let pass = &mut Pass::evaluating();
        let front = self.front(x, pass);
        if self.frozen == 1 {
            return front.flatten(1, 2);
        }
        let whole = self.middles(1, front, pass);
        match self.frozen {
            STAGES => self.embedding(Self::pooled(whole), pass),
            stages if stages > MIDDLES => Self::pooled(whole),
            stages => whole.narrow(2, 0, Self::channels(stages)).flatten(1, 2),
        }
    }
}

/// A norm of rows of features.
fn normed<B: LayerOps>(norm: &NormRelu<B>, x: Tensor<B, 2>, pass: &Pass<B>) -> Tensor<B, 2> {
    let [rows, values] = x.dims();
    norm.forward_linear(x.reshape([rows, 1, 1, values]), pass)
        .reshape([rows, values])
}

impl<B: LayerOps> Frozen<B> for Musicnn<B> {
    fn values(&self) -> usize {
        match self.frozen {
            STAGES => EMBEDDING,
            stages if stages > MIDDLES => POOLED,
            stages => self.frames * Self::channels(stages),
        }
    }

    /// One window after the other: the front end's maps are a hundred times the window.
    fn before(&self, x: Tensor<B, 3>) -> Tensor<B, 2> {
        let [windows, _, _] = x.dims();
        let each = (0..windows).map(|window| self.until(x.clone().narrow(0, window, 1)));
        Tensor::cat(each.collect(), 0)
    }

    fn behind(&self, x: Tensor<B, 2>, pass: &mut Pass<B>) -> Tensor<B, 2> {
        let embedding = match self.frozen {
            STAGES => x,
            stages if stages > MIDDLES => self.embedding(x, pass),
            stages => {
                let [windows, values] = x.dims();
                let channels = Self::channels(stages);
                let all = x.reshape([windows, values / channels, channels]);
                self.embedding(Self::pooled(self.middles(stages, all, pass)), pass)
            }
        };
        self.answer(embedding, pass)
    }
}
