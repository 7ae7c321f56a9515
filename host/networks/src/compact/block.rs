//! The separable block: `[batch, height, width, channels in]` to `[batch, output height, output width, channels out]`.

use crate::nn::layers::{NormRelu, depthwise, he_normal, pointwise};
use crate::nn::ops::LayerOps;
use crate::nn::{Geometry, Pass};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// Depthwise convolution, norm, ReLU, pointwise convolution, norm, ReLU; with the input added where shapes agree.
#[derive(Module, Debug)]
pub struct SeparableBlock<B: Backend> {
    /// `[kernel height, kernel width, channels in]`.
    pub depthwise: Param<Tensor<B, 3>>,
    /// Norm of the depthwise output.
    pub depthwise_norm: NormRelu<B>,
    /// `[channels in, channels out]`.
    pub pointwise: Param<Tensor<B, 2>>,
    /// Norm of the pointwise output.
    pub pointwise_norm: NormRelu<B>,
    /// Geometry of the depthwise convolution.
    #[module(skip)]
    pub geometry: Geometry,
}

impl<B: Backend> SeparableBlock<B> {
    /// Random weights.
    pub fn new(
        channels: [usize; 2],
        geometry: Geometry,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self {
        let [kernel_height, kernel_width] = geometry.kernel;
        let shape = [kernel_height, kernel_width, channels[0]];
        Self {
            depthwise: he_normal(shape, kernel_height * kernel_width, rng, device),
            depthwise_norm: NormRelu::new(channels[0], device),
            pointwise: he_normal(channels, channels[0], rng, device),
            pointwise_norm: NormRelu::new(channels[1], device),
            geometry,
        }
    }

    /// Whether the block adds its input to its output.
    pub fn is_residual(&self) -> bool {
        let [from, to] = self.pointwise.val().dims();
        from == to && self.geometry.stride == [1, 1]
    }
}

impl<B: LayerOps> SeparableBlock<B> {
    /// # Shape
    /// `[batch, height, width, channels in]` to `[batch, output height, output width, channels out]`.
    pub fn forward(
        &self,
        x: Tensor<B, 4>,
        name: fmt::Arguments<'_>,
        pass: &mut Pass<B>,
    ) -> Tensor<B, 4> {
        let input = self.is_residual().then(|| x.clone());
        let x = depthwise(x, self.depthwise.val(), self.geometry);
        let norm = &self.depthwise_norm;
        let x = norm.forward(x, format_args!("{name}.depthwise"), pass);
        let x = pointwise(x, self.pointwise.val());
        let norm = &self.pointwise_norm;
        let x = norm.forward(x, format_args!("{name}.pointwise"), pass);
        match input {
            Some(input) => x + input,
            None => x,
        }
    }
}
