//! Convolutions and their gradients out of burn's own operations: depthwise, patches, along one axis.

use super::norm::sum_over_rows;
use crate::nn::Geometry;
use crate::nn::primitive::{lift, lower};
use burn::tensor::backend::Backend;
use burn::tensor::module::conv2d;
use burn::tensor::ops::{ConvOptions, FloatTensor};
use burn::tensor::{Slice, Tensor};

/// `[batch, height, width, channels]` with zeros around height and width.
fn pad<B: Backend>(x: Tensor<B, 4>, geometry: Geometry) -> Tensor<B, 4> {
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
fn tap_ranges(geometry: Geometry, tap: [usize; 2], output: [usize; 2]) -> [Slice; 2] {
    [0, 1].map(|axis| {
        let end = tap[axis] + (output[axis] - 1) * geometry.stride[axis] + 1;
        Slice::new(
            tap[axis] as isize,
            Some(end as isize),
            geometry.stride[axis] as isize,
        )
    })
}

pub(super) fn depthwise<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    geometry: Geometry,
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
    geometry: Geometry,
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
            let ranges = [Slice::full(), down, across, Slice::full()];
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
        Slice::full(),
        (above..above + height).into(),
        (left..left + width).into(),
        Slice::full(),
    ]);
    let dw: Tensor<B, 2> = Tensor::stack(dw, 0);
    [
        lower(dx),
        lower(dw.reshape([geometry.kernel[0], geometry.kernel[1], channels])),
    ]
}

pub(super) fn patches<B: Backend>(x: FloatTensor<B>, geometry: Geometry) -> FloatTensor<B> {
    let x: Tensor<B, 4> = lift::<B, 3>(x).unsqueeze_dim(3);
    let [_, height, width, _] = x.dims();
    let output = geometry.output([height, width]);
    let padded = pad(x, geometry);
    let mut taps = Vec::new();
    for row in 0..geometry.kernel[0] {
        for column in 0..geometry.kernel[1] {
            let [down, across] = tap_ranges(geometry, [row, column], output);
            taps.push(
                padded
                    .clone()
                    .slice([Slice::full(), down, across, Slice::full()]),
            );
        }
    }
    lower(Tensor::cat(taps, 3))
}

pub(super) fn patches_backward<B: Backend>(
    gradient: FloatTensor<B>,
    size: [usize; 2],
    geometry: Geometry,
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
            let ranges = [Slice::full(), down, across, Slice::full()];
            let tap = row * geometry.kernel[1] + column;
            let sum = dx.clone().slice(ranges)
                + gradient.clone().slice([
                    Slice::full(),
                    Slice::full(),
                    Slice::full(),
                    (tap..tap + 1).into(),
                ]);
            dx = dx.slice_assign(ranges, sum);
        }
    }
    let [above, left] = geometry.before();
    let dx = dx.slice([
        Slice::full(),
        (above..above + size[0]).into(),
        (left..left + size[1]).into(),
        Slice::full(),
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
