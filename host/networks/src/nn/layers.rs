//! Layers without a bias, channels last, on top of [`LayerOps`]: norm with activation, depthwise, pointwise, the stem;
//! and the random weights that every layer starts with.

use super::bounds::Bounds;
use super::geometry::Geometry;
use super::ops::{LayerOps, NORM_EPSILON};
use super::pass::Pass;
use super::primitive::{lift, lower};
use burn::module::{Module, Param, RunningState};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// Weight of the newest batch in the running statistics.
const NORM_MOMENTUM: f32 = 0.1;

/// Normal values with the deviation of He initialisation, from our own generator: the same on every backend.
pub fn he_normal<B: Backend, const D: usize>(
    shape: [usize; D],
    fan_in: usize,
    rng: &mut ChaCha8Rng,
    device: &B::Device,
) -> Param<Tensor<B, D>> {
    let deviation = (2.0 / fan_in as f64).sqrt();
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|_| {
            // Box-Muller; `1 - u` keeps the logarithm finite.
            let (u, v): (f64, f64) = (rng.random(), rng.random());
            (deviation * (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
        })
        .collect();
    Param::from_data(TensorData::new(values, shape), device)
}

/// Batch norm over the last axis, then an activation.
#[derive(Module, Debug)]
pub struct NormRelu<B: Backend> {
    /// Scale, `[channels]`.
    pub gamma: Param<Tensor<B, 1>>,
    /// Shift, `[channels]`.
    pub beta: Param<Tensor<B, 1>>,
    /// Running mean, `[channels]`.
    pub mean: RunningState<Tensor<B, 1>>,
    /// Running (biased) variance, `[channels]`.
    pub variance: RunningState<Tensor<B, 1>>,
    /// Whether the running statistics are used and kept in training too; scale and shift do not learn then.
    #[module(skip)]
    pub fixed: bool,
}

impl<B: Backend> NormRelu<B> {
    /// Scale one, shift nought.
    pub fn new(channels: usize, device: &B::Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([channels], device)),
            beta: Param::from_tensor(Tensor::zeros([channels], device)),
            mean: RunningState::new(Tensor::zeros([channels], device)),
            variance: RunningState::new(Tensor::ones([channels], device)),
            fixed: false,
        }
    }

    /// The norm with its running statistics, scale and shift as they are, from now on.
    pub fn fix(self) -> Self {
        Self {
            gamma: self.gamma.no_grad(),
            beta: self.beta.no_grad(),
            fixed: true,
            ..self
        }
    }

    /// Running statistics as one multiply-add: `(scale, shift)`, each `[channels]`.
    fn scale_shift(&self) -> (Tensor<B, 1>, Tensor<B, 1>) {
        let scale = self.gamma.val() / (self.variance.value_sync() + NORM_EPSILON).sqrt();
        let shift = self.beta.val() - self.mean.value_sync() * scale.clone();
        (scale, shift)
    }
}

impl<B: LayerOps> NormRelu<B> {
    /// The norm and a ReLU behind the convolution called `name`: with the batch's statistics in a training pass, the
    /// running ones in an evaluating one and once they are fixed.
    ///
    /// # Shape
    /// `[batch, height, width, channels]`, unchanged.
    pub fn forward(
        &self,
        x: Tensor<B, 4>,
        name: fmt::Arguments<'_>,
        pass: &mut Pass<B>,
    ) -> Tensor<B, 4> {
        self.within(x, Bounds::RELU, name, pass)
    }

    /// As [`NormRelu::forward`], without the ReLU, behind another layer than a convolution.
    ///
    /// # Shape
    /// `[batch, height, width, channels]`, unchanged.
    pub fn forward_linear(&self, x: Tensor<B, 4>, pass: &Pass<B>) -> Tensor<B, 4> {
        self.bounded(x, Bounds::LINEAR, pass)
    }

    /// As [`NormRelu::forward`], with another activation.
    pub fn within(
        &self,
        x: Tensor<B, 4>,
        bounds: Bounds,
        name: fmt::Arguments<'_>,
        pass: &mut Pass<B>,
    ) -> Tensor<B, 4> {
        // With the norm, whose scale may turn a filter round, and without the activation, which hides half of it.
        pass.observe(name, || self.evaluated(x.clone(), Bounds::LINEAR));
        self.bounded(x, bounds, pass)
    }

    /// With the running statistics.
    fn evaluated(&self, x: Tensor<B, 4>, bounds: Bounds) -> Tensor<B, 4> {
        let (scale, shift) = self.scale_shift();
        let (scale, shift) = (lower(scale), lower(shift));
        lift(B::scale_shift_bounded(lower(x), scale, shift, bounds))
    }

    fn bounded(&self, x: Tensor<B, 4>, bounds: Bounds, pass: &Pass<B>) -> Tensor<B, 4> {
        if self.fixed || !pass.is_training() {
            return self.evaluated(x, bounds);
        }
        let out = B::norm_relu(
            lower(x),
            lower(self.gamma.val()),
            lower(self.beta.val()),
            bounds,
        );
        let mix = |old: &RunningState<Tensor<B, 1>>, new| {
            let new: Tensor<B, 1> = lift(new);
            old.update((old.value_sync() * (1.0 - NORM_MOMENTUM) + new * NORM_MOMENTUM).detach());
        };
        mix(&self.mean, out.mean);
        mix(&self.variance, out.variance);
        lift(out.y)
    }
}

/// Depthwise convolution.
pub fn depthwise<B: LayerOps>(
    x: Tensor<B, 4>,
    weight: Tensor<B, 3>,
    geometry: Geometry,
) -> Tensor<B, 4> {
    lift(B::depthwise(lower(x), lower(weight), geometry))
}

/// Pointwise convolution: one matrix product over all rows of channels.
pub fn pointwise<B: Backend>(x: Tensor<B, 4>, weight: Tensor<B, 2>) -> Tensor<B, 4> {
    let [batch, height, width, channels] = x.dims();
    let [_, out] = weight.dims();
    x.reshape([batch * height * width, channels])
        .matmul(weight)
        .reshape([batch, height, width, out])
}

/// Ordinary convolution of a one-channel picture: patches times a matrix `[taps, channels out]`.
pub fn stem<B: LayerOps>(
    x: Tensor<B, 3>,
    weight: Tensor<B, 2>,
    geometry: Geometry,
) -> Tensor<B, 4> {
    pointwise(lift(B::patches(lower(x), geometry)), weight)
}
