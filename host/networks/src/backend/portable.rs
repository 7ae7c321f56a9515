//! Our layers out of burn's own operations, for backends without kernels of ours.
//!
//! An independent form of the same layers: tests hold the kernels against it.

use super::sequence;
use crate::nn::kernel::{Bounds, Depthwise};
use crate::nn::ops::{LayerOps, NORM_EPSILON, NormRelu, NormState, Recurrent, RecurrentState};
use crate::nn::recurrent::Cell;
use burn::tensor::backend::Backend;
use burn::tensor::module::conv2d;
use burn::tensor::ops::{ConvOptions, FloatTensor};
use burn::tensor::{Tensor, TensorPrimitive};

pub(super) fn lift<B: Backend, const D: usize>(primitive: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

pub(super) fn lower<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}

/// `[batch, height, width, channels]` with zeros around height and width.
fn pad<B: Backend>(x: Tensor<B, 4>, geometry: Depthwise) -> Tensor<B, 4> {
    let [batch, height, width, channels] = x.dims();
    let ([above, left], [below, right]) = (geometry.before(), geometry.behind());
    let zeros = Tensor::zeros(
        [
            batch,
            above + height + below,
            left + width + right,
            channels,
        ],
        &x.device(),
    );
    zeros.slice_assign(
        [
            0..batch,
            above..above + height,
            left..left + width,
            0..channels,
        ],
        x,
    )
}

/// The part of a padded input that meets kernel tap `(row, column)`, one value an output.
fn tap_ranges(
    geometry: Depthwise,
    tap: [usize; 2],
    output: [usize; 2],
) -> [burn::tensor::Slice; 2] {
    [0, 1].map(|axis| {
        let end = tap[axis] + (output[axis] - 1) * geometry.stride[axis] + 1;
        burn::tensor::Slice::new(
            tap[axis] as isize,
            Some(end as isize),
            geometry.stride[axis] as isize,
        )
    })
}

pub(super) fn all() -> burn::tensor::Slice {
    burn::tensor::Slice::full()
}

fn channel_row<B: Backend>(values: Tensor<B, 1>) -> Tensor<B, 4> {
    let [channels] = values.dims();
    values.reshape([1, 1, 1, channels])
}

fn sum_over_rows<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 1> {
    let [batch, height, width, channels] = x.dims();
    x.reshape([batch * height * width, channels])
        .sum_dim(0)
        .reshape([channels])
}

pub(super) fn depthwise<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    geometry: Depthwise,
) -> FloatTensor<B> {
    let (x, weight): (Tensor<B, 4>, Tensor<B, 3>) = (lift::<B, 4>(x), lift::<B, 3>(weight));
    let [height, width, channels] = weight.dims();
    let weight = weight
        .permute([2, 0, 1])
        .reshape([channels, 1, height, width]);
    let options = ConvOptions::new(geometry.stride, [0, 0], [1, 1], channels);
    let x = pad(x, geometry).permute([0, 3, 1, 2]);
    lower(conv2d(x, weight, None, options).permute([0, 2, 3, 1]))
}

pub(super) fn depthwise_backward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    gradient: FloatTensor<B>,
    geometry: Depthwise,
) -> [FloatTensor<B>; 2] {
    let (x, weight): (Tensor<B, 4>, Tensor<B, 3>) = (lift::<B, 4>(x), lift::<B, 3>(weight));
    let gradient: Tensor<B, 4> = lift::<B, 4>(gradient);
    let [_, height, width, _] = x.dims();
    let [_, rows, columns, channels] = gradient.dims();
    let padded = pad(x, geometry);
    let mut dx = padded.zeros_like();
    let mut dw = Vec::new();
    for row in 0..geometry.kernel[0] {
        for column in 0..geometry.kernel[1] {
            let [down, across] = tap_ranges(geometry, [row, column], [rows, columns]);
            let ranges = [all(), down, across, all()];
            dw.push(sum_over_rows(
                padded.clone().slice(ranges) * gradient.clone(),
            ));
            let w = weight
                .clone()
                .slice([row..row + 1, column..column + 1])
                .reshape([1, 1, 1, channels]);
            let sum = dx.clone().slice(ranges) + gradient.clone() * w;
            dx = dx.slice_assign(ranges, sum);
        }
    }
    let [above, left] = geometry.before();
    let dx = dx.slice([
        all(),
        (above..above + height).into(),
        (left..left + width).into(),
        all(),
    ]);
    let dw: Tensor<B, 2> = Tensor::stack(dw, 0);
    [
        lower(dx),
        lower(dw.reshape([geometry.kernel[0], geometry.kernel[1], channels])),
    ]
}

pub(super) fn patches<B: Backend>(x: FloatTensor<B>, geometry: Depthwise) -> FloatTensor<B> {
    let x: Tensor<B, 4> = lift::<B, 3>(x).unsqueeze_dim(3);
    let [_, height, width, _] = x.dims();
    let output = geometry.output([height, width]);
    let padded = pad(x, geometry);
    let mut taps = Vec::new();
    for row in 0..geometry.kernel[0] {
        for column in 0..geometry.kernel[1] {
            let [down, across] = tap_ranges(geometry, [row, column], output);
            taps.push(padded.clone().slice([all(), down, across, all()]));
        }
    }
    lower(Tensor::cat(taps, 3))
}

pub(super) fn patches_backward<B: Backend>(
    gradient: FloatTensor<B>,
    size: [usize; 2],
    geometry: Depthwise,
) -> FloatTensor<B> {
    let gradient: Tensor<B, 4> = lift::<B, 4>(gradient);
    let [batch, rows, columns, _] = gradient.dims();
    let mut dx = pad(
        Tensor::zeros([batch, size[0], size[1], 1], &gradient.device()),
        geometry,
    );
    for row in 0..geometry.kernel[0] {
        for column in 0..geometry.kernel[1] {
            let [down, across] = tap_ranges(geometry, [row, column], [rows, columns]);
            let ranges = [all(), down, across, all()];
            let tap = row * geometry.kernel[1] + column;
            let sum = dx.clone().slice(ranges)
                + gradient
                    .clone()
                    .slice([all(), all(), all(), (tap..tap + 1).into()]);
            dx = dx.slice_assign(ranges, sum);
        }
    }
    let [above, left] = geometry.before();
    let dx = dx.slice([
        all(),
        (above..above + size[0]).into(),
        (left..left + size[1]).into(),
        all(),
    ]);
    lower(dx.squeeze_dim::<3>(3))
}

/// What tap `tap` of a kernel along time sees of a padded sequence, one row an output.
fn rows_of_tap<B: Backend>(x: &Tensor<B, 3>, tap: usize, rows: usize) -> Tensor<B, 2> {
    let [batch, _, channels] = x.dims();
    x.clone()
        .slice([0..batch, tap..tap + rows, 0..channels])
        .reshape([batch * rows, channels])
}

/// `[batch, steps, channels]` with zeros before and behind.
fn pad_rows<B: Backend>(x: Tensor<B, 3>, padding: usize) -> Tensor<B, 3> {
    let [batch, _, channels] = x.dims();
    let zeros = Tensor::zeros([batch, padding, channels], &x.device());
    Tensor::cat(vec![zeros.clone(), x, zeros], 1)
}

pub(super) fn convolve_rows<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    padding: usize,
) -> FloatTensor<B> {
    let (x, weight) = (pad_rows(lift::<B, 3>(x), padding), lift::<B, 2>(weight));
    let ([batch, steps, channels], [taps, out]) = (x.dims(), weight.dims());
    let rows = steps + 1 - taps / channels;
    let mut y = Tensor::zeros([batch * rows, out], &x.device());
    for tap in 0..taps / channels {
        let weight = weight
            .clone()
            .slice([tap * channels..(tap + 1) * channels, 0..out]);
        y = y + rows_of_tap(&x, tap, rows).matmul(weight);
    }
    lower(y.reshape([batch, rows, out]))
}

pub(super) fn convolve_rows_weight_gradient<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
    kernel: usize,
    padding: usize,
) -> FloatTensor<B> {
    let (x, gradient) = (pad_rows(lift::<B, 3>(x), padding), lift::<B, 3>(gradient));
    let [batch, rows, out] = gradient.dims();
    let gradient = gradient.reshape([batch * rows, out]);
    let taps = (0..kernel)
        .map(|tap| {
            let seen = rows_of_tap(&x, tap, rows).transpose();
            seen.matmul(gradient.clone())
        })
        .collect();
    lower(Tensor::cat(taps, 0))
}

pub(super) fn convolve_rows_input_gradient<B: Backend>(
    weight: FloatTensor<B>,
    gradient: FloatTensor<B>,
    channels: usize,
    padding: usize,
) -> FloatTensor<B> {
    let (weight, gradient) = (lift::<B, 2>(weight), lift::<B, 3>(gradient));
    let ([batch, rows, out], [taps, _]) = (gradient.dims(), weight.dims());
    let kernel = taps / channels;
    let steps = rows + kernel - 1;
    let gradient = gradient.reshape([batch * rows, out]);
    let mut dx = Tensor::<B, 3>::zeros([batch, steps, channels], &gradient.device());
    for tap in 0..kernel {
        let weight = weight
            .clone()
            .slice([tap * channels..(tap + 1) * channels, 0..out]);
        let seen = gradient.clone().matmul(weight.transpose());
        let range = [0..batch, tap..tap + rows, 0..channels];
        let sum = dx.clone().slice(range.clone()) + seen.reshape([batch, rows, channels]);
        dx = dx.slice_assign(range, sum);
    }
    lower(dx.slice([0..batch, padding..steps - padding, 0..channels]))
}

pub(super) fn norm_relu<B: Backend>(
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    bounds: Bounds,
) -> NormRelu<B> {
    let x: Tensor<B, 4> = lift::<B, 4>(x);
    let [batch, height, width, _] = x.dims();
    let rows = (batch * height * width) as f32;
    let mean = sum_over_rows(x.clone()) / rows;
    let off = x - channel_row(mean.clone());
    let variance = sum_over_rows(off.clone() * off.clone()) / rows;
    let scale = lift::<B, 1>(gamma) / (variance.clone() + NORM_EPSILON).sqrt();
    let y = off * channel_row(scale) + channel_row(lift::<B, 1>(beta));
    let y = y.clamp(bounds.least, bounds.most);
    NormRelu {
        y: lower(y),
        mean: lower(mean),
        variance: lower(variance),
    }
}

pub(super) fn norm_relu_backward<B: Backend>(
    state: NormState<B>,
    gradient: FloatTensor<B>,
) -> [FloatTensor<B>; 3] {
    let x: Tensor<B, 4> = lift::<B, 4>(state.x);
    let gradient: Tensor<B, 4> = lift::<B, 4>(gradient);
    let (gamma, beta) = (lift::<B, 1>(state.gamma), lift::<B, 1>(state.beta));
    let [batch, height, width, _] = x.dims();
    let rows = (batch * height * width) as f32;
    let inverse = (lift::<B, 1>(state.variance) + NORM_EPSILON).sqrt().recip();
    let unit = (x - channel_row(lift::<B, 1>(state.mean))) * channel_row(inverse.clone());
    let before = unit.clone() * channel_row(gamma.clone()) + channel_row(beta);
    let gradient = gradient * passing(before, state.bounds);
    let d_beta = sum_over_rows(gradient.clone());
    let d_gamma = sum_over_rows(gradient.clone() * unit.clone());
    let centred =
        gradient - channel_row(d_beta.clone() / rows) - unit * channel_row(d_gamma.clone() / rows);
    let dx = centred * channel_row(gamma * inverse);
    [lower(dx), lower(d_gamma), lower(d_beta)]
}

/// 1 where a gradient passes, 0 elsewhere.
fn passing<B: Backend>(x: Tensor<B, 4>, bounds: Bounds) -> Tensor<B, 4> {
    x.clone().greater_elem(bounds.least).float() * x.lower_elem(bounds.most).float()
}

pub(super) fn scale_shift_bounded<B: Backend>(
    x: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    bounds: Bounds,
) -> FloatTensor<B> {
    let x: Tensor<B, 4> = lift::<B, 4>(x);
    let (scale, shift) = (lift::<B, 1>(scale), lift::<B, 1>(shift));
    let y = x * channel_row(scale) + channel_row(shift);
    lower(y.clamp(bounds.least, bounds.most))
}

pub(super) fn scale_shift_bounded_backward<B: Backend>(
    y: FloatTensor<B>,
    scale: FloatTensor<B>,
    gradient: FloatTensor<B>,
    bounds: Bounds,
) -> FloatTensor<B> {
    let gradient: Tensor<B, 4> = lift::<B, 4>(gradient);
    let scale = channel_row(lift::<B, 1>(scale));
    lower(gradient * passing(lift::<B, 4>(y), bounds) * scale)
}

macro_rules! portable_layers {
    ($backend:ty) => {
        impl LayerOps for $backend {
            fn depthwise(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                geometry: Depthwise,
            ) -> FloatTensor<Self> {
                depthwise::<Self>(x, weight, geometry)
            }

            fn depthwise_backward(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                geometry: Depthwise,
            ) -> [FloatTensor<Self>; 2] {
                depthwise_backward::<Self>(x, weight, gradient, geometry)
            }

            fn patches(x: FloatTensor<Self>, geometry: Depthwise) -> FloatTensor<Self> {
                patches::<Self>(x, geometry)
            }

            fn patches_backward(
                gradient: FloatTensor<Self>,
                size: [usize; 2],
                geometry: Depthwise,
            ) -> FloatTensor<Self> {
                patches_backward::<Self>(gradient, size, geometry)
            }

            fn convolve_rows(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolve_rows::<Self>(x, weight, padding)
            }

            fn convolve_rows_weight_gradient(
                x: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                kernel: usize,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolve_rows_weight_gradient::<Self>(x, gradient, kernel, padding)
            }

            fn convolve_rows_input_gradient(
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                channels: usize,
                padding: usize,
            ) -> FloatTensor<Self> {
                convolve_rows_input_gradient::<Self>(weight, gradient, channels, padding)
            }

            fn norm_relu(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                bounds: Bounds,
            ) -> NormRelu<Self> {
                norm_relu::<Self>(x, gamma, beta, bounds)
            }

            fn norm_relu_backward(
                state: NormState<Self>,
                gradient: FloatTensor<Self>,
            ) -> [FloatTensor<Self>; 3] {
                norm_relu_backward::<Self>(state, gradient)
            }

            fn scale_shift_bounded(
                x: FloatTensor<Self>,
                scale: FloatTensor<Self>,
                shift: FloatTensor<Self>,
                bounds: Bounds,
            ) -> FloatTensor<Self> {
                scale_shift_bounded::<Self>(x, scale, shift, bounds)
            }

            fn scale_shift_bounded_backward(
                y: FloatTensor<Self>,
                scale: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                bounds: Bounds,
            ) -> FloatTensor<Self> {
                scale_shift_bounded_backward::<Self>(y, scale, gradient, bounds)
            }

            fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self> {
                sequence::max_pool::<Self>(x, kernel)
            }

            fn max_pool_backward(
                x: FloatTensor<Self>,
                y: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                kernel: [usize; 2],
            ) -> FloatTensor<Self> {
                sequence::max_pool_backward::<Self>(x, y, gradient, kernel)
            }

            fn recurrent(
                cell: Cell,
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> Recurrent<Self> {
                sequence::recurrent::<Self>(cell, x, weight, bias)
            }

            fn recurrent_backward(
                cell: Cell,
                state: RecurrentState<Self>,
                gradient: FloatTensor<Self>,
            ) -> [FloatTensor<Self>; 3] {
                sequence::recurrent_backward::<Self>(cell, state, gradient)
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
