//! Batch norm with its activation and their gradients out of burn's own operations.

use crate::nn::Bounds;
use crate::nn::ops::{NORM_EPSILON, NormState, Normed};
use crate::nn::primitive::{lift, lower};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

fn channel_row<B: Backend>(values: Tensor<B, 1>) -> Tensor<B, 4> {
    let [channels] = values.dims();
    values.reshape([1, 1, 1, channels])
}

pub(super) fn sum_over_rows<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 1> {
    let [batch, height, width, channels] = x.dims();
    x.reshape([batch * height * width, channels])
        .sum_dim(0)
        .reshape([channels])
}

pub(super) fn forward<B: Backend>(
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    bounds: Bounds,
) -> Normed<B> {
    let x: Tensor<B, 4> = lift::<B, 4>(x);
    let [batch, height, width, _] = x.dims();
    let rows = (batch * height * width) as f32;
    let mean = sum_over_rows(x.clone()) / rows;
    let off = x - channel_row(mean.clone());
    let variance = sum_over_rows(off.clone() * off.clone()) / rows;
    let scale = lift::<B, 1>(gamma) / (variance.clone() + NORM_EPSILON).sqrt();
    let y = off * channel_row(scale) + channel_row(lift::<B, 1>(beta));
    let y = y.clamp(bounds.least, bounds.most);
    Normed {
        y: lower(y),
        mean: lower(mean),
        variance: lower(variance),
    }
}

pub(super) fn backward<B: Backend>(
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
