//! The gradient of a recurrent layer's weight: one matrix product over all steps, the same on every backend.

use crate::nn::primitive::{lift, lower};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

/// Gradients of the weight, `[hidden, gates * hidden]`, and of the bias, `[gates * hidden]`.
///
/// # Shape
/// `states` `[batch, steps, hidden]`; `gradient`, of the products of the states, `[batch, steps, gates * hidden]`.
pub(super) fn gradients<B: Backend>(
    states: FloatTensor<B>,
    gradient: FloatTensor<B>,
) -> [FloatTensor<B>; 2] {
    let (states, gradient) = (lift::<B, 3>(states), lift::<B, 3>(gradient));
    let [batch, steps, hidden] = states.dims();
    let [_, _, width] = gradient.dims();
    // The state before each step.
    let first = Tensor::zeros([batch, 1, hidden], &states.device());
    let before = match steps {
        1 => first,
        _ => {
            let rest = states.slice([0..batch, 0..steps - 1, 0..hidden]);
            Tensor::cat(vec![first, rest], 1)
        }
    };
    let before = before.reshape([batch * steps, hidden]).transpose();
    let gradient = gradient.reshape([batch * steps, width]);
    let d_bias = gradient.clone().sum_dim(0).reshape([width]);
    [lower(before.matmul(gradient)), lower(d_bias)]
}
