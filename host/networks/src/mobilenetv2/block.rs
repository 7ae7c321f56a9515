//! The inverted residual: `[batch, height, width, channels in]` to `[batch, output height, output width, channels
//! out]`.

use crate::nn::layers::{NormRelu, depthwise, he_normal, pointwise};
use crate::nn::ops::LayerOps;
use crate::nn::{Bounds, Geometry, Pass, Zeros};
use crate::pretrained::Padding;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// A 3 x 3 convolution.
pub(super) const fn three_by_three(stride: usize, padding: Padding) -> Geometry {
    Geometry {
        kernel: [3, 3],
        stride: [stride; 2],
        padding: [1, 1],
        zeros: match (stride, padding) {
            // At even sizes SAME puts one row of zeros to a stride of 2, behind.
            (2, Padding::Same) => Zeros::Behind,
            _ => Zeros::Around,
        },
    }
}

/// An inverted residual.
#[derive(Module, Debug)]
pub struct InvertedResidual<B: Backend> {
    /// `[channels in, hidden]` and its norm.
    pub(crate) expand: Option<(Param<Tensor<B, 2>>, NormRelu<B>)>,
    /// `[3, 3, hidden]`.
    pub(crate) depthwise: Param<Tensor<B, 3>>,
    pub(crate) depthwise_norm: NormRelu<B>,
    /// `[hidden, channels out]`.
    pub(crate) project: Param<Tensor<B, 2>>,
    pub(crate) project_norm: NormRelu<B>,
    #[module(skip)]
    pub(crate) geometry: Geometry,
    #[module(skip)]
    pub(crate) is_residual: bool,
}

impl<B: Backend> InvertedResidual<B> {
    pub(super) fn new(
        [from, to]: [usize; 2],
        expansion: usize,
        geometry: Geometry,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self {
        let hidden = expansion * from;
        Self {
            expand: (expansion > 1).then(|| {
                let weight = he_normal([from, hidden], from, rng, device);
                (weight, NormRelu::new(hidden, device))
            }),
            depthwise: he_normal([3, 3, hidden], 9, rng, device),
            depthwise_norm: NormRelu::new(hidden, device),
            project: he_normal([hidden, to], hidden, rng, device),
            project_norm: NormRelu::new(to, device),
            geometry,
            is_residual: from == to && geometry.stride == [1, 1],
        }
    }
}

impl<B: LayerOps> InvertedResidual<B> {
    /// # Shape
    /// `[batch, height, width, channels in]` to `[batch, output height, output width, channels out]`.
    pub(super) fn forward(
        &self,
        x: Tensor<B, 4>,
        name: fmt::Arguments<'_>,
        pass: &mut Pass<B>,
    ) -> Tensor<B, 4> {
        let input = self.is_residual.then(|| x.clone());
        let x = match &self.expand {
            Some((weight, norm)) => {
                let x = pointwise(x, weight.val());
                norm.within(x, Bounds::RELU6, format_args!("{name}.expand"), pass)
            }
            None => x,
        };
        let x = depthwise(x, self.depthwise.val(), self.geometry);
        let norm = &self.depthwise_norm;
        let x = norm.within(x, Bounds::RELU6, format_args!("{name}.depthwise"), pass);
        let x = pointwise(x, self.project.val());
        let norm = &self.project_norm;
        let x = norm.within(x, Bounds::LINEAR, format_args!("{name}.project"), pass);
        match input {
            Some(input) => x + input,
            None => x,
        }
    }
}
