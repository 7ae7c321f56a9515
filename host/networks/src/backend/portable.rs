//! [`LayerOps`] out of burn's own operations, for backends without kernels of ours.
//!
//! An independent form of the same layers: tests hold the kernels against it.

mod convolution;
mod norm;
mod pool;
pub(super) mod recurrent;

use crate::nn::cell::Cell;
use crate::nn::ops::{LayerOps, NormState, Normed, RecurrentState, Unrolled};
use crate::nn::{Bounds, Geometry};
use burn::tensor::ops::FloatTensor;

macro_rules! portable_layers {
    ($backend:ty) => {
        impl LayerOps for $backend {
            fn depthwise(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                geometry: Geometry,
            ) -> FloatTensor<Self> {
                convolution::depthwise::<Self>(x, weight, geometry)
            }

            fn depthwise_backward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                geometry: Geometry,
            ) -> [FloatTensor<Self>; 2] {
                convolution::depthwise_backward::<Self>(x, weight, gradient, geometry)
            }

            fn patches(x: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
                convolution::patches::<Self>(x, geometry)
            }

            fn patches_backward(
                gradient: FloatTensor<Self>,
                size: [usize; 2],
                geometry: Geometry,
            ) -> FloatTensor<Self> {
                convolution::patches_backward::<Self>(gradient, size, geometry)
            }

            fn convolve_rows(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolution::convolve_rows::<Self>(x, weight, padding)
            }

            fn convolve_rows_weight_gradient(
                x: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                kernel: usize,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolution::convolve_rows_weight_gradient::<Self>(x, gradient, kernel, padding)
            }

            fn convolve_rows_input_gradient(
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                channels: usize,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolution::convolve_rows_input_gradient::<Self>(
                    weight, gradient, channels, padding,
                )
            }

            fn norm_relu(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                bounds: Bounds,
            ) -> Normed<Self> {
                norm::forward::<Self>(x, gamma, beta, bounds)
            }

            fn norm_relu_backward(
                state: NormState<Self>,
                gradient: FloatTensor<Self>,
            ) -> [FloatTensor<Self>; 3] {
                norm::backward::<Self>(state, gradient)
            }

            fn scale_shift_bounded(
                x: FloatTensor<Self>,
                scale: FloatTensor<Self>,
                shift: FloatTensor<Self>,
                bounds: Bounds,
            ) -> FloatTensor<Self> {
                norm::scale_shift_bounded::<Self>(x, scale, shift, bounds)
            }

            fn scale_shift_bounded_backward(
                y: FloatTensor<Self>,
                scale: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                bounds: Bounds,
            ) -> FloatTensor<Self> {
                norm::scale_shift_bounded_backward::<Self>(y, scale, gradient, bounds)
            }

            fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self> {
                pool::forward::<Self>(x, kernel)
            }

            fn max_pool_backward(
                x: FloatTensor<Self>,
                y: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                kernel: [usize; 2],
            ) -> FloatTensor<Self> {
                pool::backward::<Self>(x, y, gradient, kernel)
            }

            fn recurrent(
                cell: Cell,
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> Unrolled<Self> {
                recurrent::forward::<Self>(cell, x, weight, bias)
            }

            fn recurrent_backward(
                cell: Cell,
                state: RecurrentState<Self>,
                gradient: FloatTensor<Self>,
            ) -> [FloatTensor<Self>; 3] {
                recurrent::backward::<Self>(cell, state, gradient)
            }
        }
    };
}

#[cfg(feature = "ndarray")]
portable_layers!(burn_ndarray::NdArray<f32>);

#[cfg(feature = "cuda")]
portable_layers!(burn::backend::Cuda);
#[cfg(feature = "wgpu")]
portable_layers!(burn::backend::Wgpu);
