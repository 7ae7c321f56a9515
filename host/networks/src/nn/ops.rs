//! The layers that burn has no fast CPU form of, as operations on a backend's own tensors, each with its gradient.
//!
//! Activations are channels last (`[batch, height, width, channels]`), so that a pointwise convolution is one matrix
//! product over rows of channels, and its two gradients are matrix products too.
//!
//! A backend gets these by implementing [`LayerOps`]; [`crate::backend`] does so for every backend it names, and
//! `nn::autodiff` for burn's `Autodiff` around it.

use crate::nn::bounds::Bounds;
use crate::nn::cell::Cell;
use crate::nn::geometry::Geometry;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::ops::FloatTensor;

/// Added to a variance before its root is taken.
pub const NORM_EPSILON: f32 = 1e-5;

/// Output of [`LayerOps::norm_relu`]. Mean and variance (biased) are the batch's and carry no gradient.
pub struct Normed<B: Backend> {
    /// Same shape as the input.
    pub y: FloatTensor<B>,
    /// `[channels]`.
    pub mean: FloatTensor<B>,
    /// `[channels]`.
    pub variance: FloatTensor<B>,
}

/// What the batch norm's gradient needs from its forward pass.
#[derive(Clone, Debug)]
pub struct NormState<B: Backend> {
    /// Input of the layer.
    pub x: FloatTensor<B>,
    /// Scale, `[channels]`.
    pub gamma: FloatTensor<B>,
    /// Shift, `[channels]`.
    pub beta: FloatTensor<B>,
    /// The batch's mean, `[channels]`.
    pub mean: FloatTensor<B>,
    /// The batch's variance, `[channels]`.
    pub variance: FloatTensor<B>,
    /// The activation.
    pub bounds: Bounds,
}

/// Output of [`LayerOps::recurrent`].
#[derive(Clone, Debug)]
pub struct Unrolled<B: Backend> {
    /// Hidden states, `[batch, steps, hidden]`.
    pub states: FloatTensor<B>,
    /// What the backward pass needs besides, `[batch, steps, kept * hidden]`, see [`Cell::kept`]; it carries no
    /// gradient.
    pub kept: FloatTensor<B>,
}

/// What the gradient of [`LayerOps::recurrent`] needs from its forward pass.
#[derive(Clone, Debug)]
pub struct RecurrentState<B: Backend> {
    /// Recurrent weight.
    pub weight: FloatTensor<B>,
    /// What the forward pass gave.
    pub out: Unrolled<B>,
}

/// Layers as operations on a backend's own tensors, with the gradients that burn's `Autodiff` asks for.
pub trait LayerOps: Backend {
    /// Depthwise convolution: `x` `[batch, height, width, channels]`, `weight` `[kernel height, kernel width,
    /// channels]`.
    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// Gradients of [`Self::depthwise`] for `x` and `weight`.
    fn depthwise_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        geometry: Geometry,
    ) -> [FloatTensor<Self>; 2];

    /// Patches of a one-channel picture: `[batch, height, width]` to `[batch, rows, columns, kernel height * kernel
    /// width]`.
    fn patches(x: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self>;

    /// Gradient of [`Self::patches`]; `size` is the picture's height and width.
    fn patches_backward(
        gradient: FloatTensor<Self>,
        size: [usize; 2],
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// Convolution along one axis, stride 1: `x` `[batch, steps, channels]`, `weight` `[kernel * channels, out]`, to
    /// `[batch, steps + 2 * padding - kernel + 1, out]`.
    fn convolve_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::convolve_rows`] for `weight`.
    fn convolve_rows_weight_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::convolve_rows`] for `x`, which has so many channels; the padding is less than the kernel.
    fn convolve_rows_input_gradient(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        channels: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Batch norm with the batch's own statistics over all but the last axis, then the activation. `x` has four axes.
    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        bounds: Bounds,
    ) -> Normed<Self>;

    /// Gradients of [`Self::norm_relu`] for `x`, `gamma` and `beta`.
    fn norm_relu_backward(
        state: NormState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];

    /// Batch norm with given statistics: `x * scale + shift` over the last of four axes, then the activation. `scale`
    /// and `shift`, `[channels]`, carry no gradient.
    fn scale_shift_bounded(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::scale_shift_bounded`], which gave `y`, for `x`.
    fn scale_shift_bounded_backward(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self>;

    /// The largest value of each window of `kernel` rows and columns, side by side: `x` `[batch, height, width,
    /// channels]`.
    fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self>;

    /// Gradient of [`Self::max_pool`], which gave `y`.
    fn max_pool_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: [usize; 2],
    ) -> FloatTensor<Self>;

    /// A recurrent cell over all steps from zeros: `x` `[batch, steps, gates * hidden]` (the products of the inputs),
    /// `weight` `[hidden, gates * hidden]`, `bias` `[gates * hidden]`, which is added to the products of the states.
    fn recurrent(
        cell: Cell,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> Unrolled<Self>;

    /// Gradients of [`Self::recurrent`] for `x`, `weight` and `bias`, given that of the states.
    fn recurrent_backward(
        cell: Cell,
        state: RecurrentState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];
}

/// A backend that trains our networks: burn's operations, our layers, gradients.
pub trait TrainBackend: AutodiffBackend<InnerBackend: LayerOps> + LayerOps {}
impl<B: AutodiffBackend<InnerBackend: LayerOps> + LayerOps> TrainBackend for B {}
