//! A backend's own tensor out of burn's, and back: [`super::ops::LayerOps`] takes and gives the backend's.

use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Tensor, TensorPrimitive};

/// burn's tensor of `D` axes on the backend's own.
pub(crate) fn lift<B: Backend, const D: usize>(primitive: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

/// The backend's own tensor in burn's.
pub(crate) fn lower<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}
