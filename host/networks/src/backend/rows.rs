//! Convolutions along one axis as matrix products on burn-flex, without a copy for each place of the kernel.
//!
//! Channels last, what a kernel of `k` rows sees of a padded sequence is `k * channels` values side by side, and the
//! next output sees the same a row later: a matrix whose rows overlap in memory. The matrix product takes it as it
//! lies.

use crate::nn::primitive::{lift, lower};
use burn::tensor::{Shape, Tensor};
use burn_flex::{Flex, FlexTensor, Layout};

/// `[batch, steps, channels]` with so many rows of zeros before and behind.
fn padded(x: &FlexTensor, padding: usize) -> FlexTensor {
    if padding == 0 {
        return x.to_contiguous();
    }
    let x: Tensor<Flex, 3> = lift::<Flex, 3>(x.clone());
    let [batch, _, channels] = x.dims();
    let zeros = Tensor::zeros([batch, padding, channels], &x.device());
    lower(Tensor::cat(vec![zeros.clone(), x, zeros], 1))
}

/// What a kernel sees at each place: `[batch, steps, channels]` to `[batch, steps - kernel + 1, kernel * channels]`,
/// without a copy.
fn seen(x: FlexTensor, kernel: usize) -> FlexTensor {
    let [batch, steps, channels] = x.layout().shape().dims();
    let shape = Shape::from([batch, steps + 1 - kernel, kernel * channels]);
    let strides = [steps * channels, channels, 1].map(|stride| stride as isize);
    x.with_layout(Layout::new(shape, strides.to_vec(), 0))
}

/// `[batch, steps, channels]` by `[kernel * channels, out]` to `[batch, steps + 2 * padding - kernel + 1, out]`.
pub(super) fn convolve(x: &FlexTensor, weight: FlexTensor, padding: usize) -> FlexTensor {
    let [_, _, channels] = x.layout().shape().dims();
    let weight = lift::<Flex, 2>(weight);
    let kernel = weight.dims()[0] / channels;
    let seen = lift::<Flex, 3>(seen(padded(x, padding), kernel));
    lower(seen.matmul(weight.unsqueeze::<3>()))
}

/// Gradient of [`convolve`] for its weight.
pub(super) fn weight_gradient(
    x: &FlexTensor,
    gradient: FlexTensor,
    kernel: usize,
    padding: usize,
) -> FlexTensor {
    let seen = lift::<Flex, 3>(seen(padded(x, padding), kernel)).transpose();
    // An item's product each, added up in their order.
    let by_item = seen.matmul(lift::<Flex, 3>(gradient));
    let [_, taps, out] = by_item.dims();
    lower(by_item.sum_dim(0).reshape([taps, out]))
}

/// Gradient of [`convolve`] for its input: a convolution of the output's gradient with the kernel the other way round.
pub(super) fn input_gradient(
    weight: FlexTensor,
    gradient: &FlexTensor,
    channels: usize,
    padding: usize,
) -> FlexTensor {
    let weight = lift::<Flex, 2>(weight);
    let [taps, out] = weight.dims();
    let kernel = taps / channels;
    let turned = weight
        .reshape([kernel, channels, out])
        .flip([0])
        .swap_dims(1, 2)
        .reshape([kernel * out, channels]);
    convolve(gradient, lower(turned), kernel - 1 - padding)
}
