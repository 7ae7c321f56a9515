//! The layers that burn has no fast CPU form of, as backend operations with gradients.
//!
//! Activations are channels last (`[batch, height, width, channels]`), so that a pointwise convolution is one matrix
//! product over rows of channels, and its two gradients are matrix products too.
//!
//! A backend gets these by implementing [`LayerOps`]; [`crate::backend`] does so for every backend it names.
//! The `Autodiff` implementation here adds the gradients.

use crate::nn::kernel::Depthwise;
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::ops::FloatTensor;

/// Added to a variance before its root is taken.
pub(crate) const NORM_EPSILON: f32 = 1e-5;

/// Output of [`LayerOps::norm_relu`]. Mean and variance (biased) are the batch's and carry no gradient.
pub struct NormRelu<B: Backend> {
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
}

/// Layers as operations on a backend's own tensors, with the gradients that [`Autodiff`] asks for.
pub trait LayerOps: Backend {
    /// Depthwise convolution: `x` `[batch, height, width, channels]`, `weight` `[kernel height, kernel width, channels]`.
    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Depthwise,
    ) -> FloatTensor<Self>;

    /// Gradients of [`Self::depthwise`] for `x` and `weight`.
    fn depthwise_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        geometry: Depthwise,
    ) -> [FloatTensor<Self>; 2];

    /// Patches of a one-channel picture: `[batch, height, width]` to `[batch, rows, columns, kernel height * kernel width]`.
    fn patches(x: FloatTensor<Self>, geometry: Depthwise) -> FloatTensor<Self>;

    /// Gradient of [`Self::patches`]; `size` is the picture's height and width.
    fn patches_backward(
        gradient: FloatTensor<Self>,
        size: [usize; 2],
        geometry: Depthwise,
    ) -> FloatTensor<Self>;

    /// Batch norm with the batch's own statistics over all but the last axis, then ReLU. `x` has four axes.
    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> NormRelu<Self>;

    /// Gradients of [`Self::norm_relu`] for `x`, `gamma` and `beta`.
    fn norm_relu_backward(
        state: NormState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];
}

#[derive(Debug)]
struct DepthwiseStep;

impl<B: LayerOps> Backward<B, 2> for DepthwiseStep {
    type State = (FloatTensor<B>, FloatTensor<B>, Depthwise);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (x, weight, geometry) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let [dx, dw] = B::depthwise_backward(x, weight, gradient, geometry);
        register_all::<B, 2>(
            ops.parents.map(|parent| parent.map(|node| node.id)),
            [dx, dw],
            grads,
        );
    }
}

#[derive(Debug)]
struct PatchesStep;

impl<B: LayerOps> Backward<B, 1> for PatchesStep {
    type State = ([usize; 2], Depthwise);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (size, geometry) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let dx = B::patches_backward(gradient, size, geometry);
        register_all::<B, 1>(
            ops.parents.map(|parent| parent.map(|node| node.id)),
            [dx],
            grads,
        );
    }
}

#[derive(Debug)]
struct NormReluStep;

impl<B: LayerOps> Backward<B, 3> for NormReluStep {
    type State = NormState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let all = B::norm_relu_backward(ops.state, gradient);
        register_all::<B, 3>(
            ops.parents.map(|parent| parent.map(|node| node.id)),
            all,
            grads,
        );
    }
}

fn register_all<B: Backend, const N: usize>(
    parents: [Option<burn::backend::autodiff::NodeId>; N],
    gradients: [FloatTensor<B>; N],
    grads: &mut Gradients,
) {
    for (parent, gradient) in parents.into_iter().zip(gradients) {
        if let Some(id) = parent {
            grads.register::<B>(id, gradient);
        }
    }
}

impl<B: LayerOps, C: CheckpointStrategy> LayerOps for Autodiff<B, C> {
    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Depthwise,
    ) -> FloatTensor<Self> {
        let nodes = [x.node.clone(), weight.node.clone()];
        match Backward::<B, 2>::prepare::<C>(DepthwiseStep, nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish(
                (x.primitive.clone(), weight.primitive.clone(), geometry),
                B::depthwise(x.primitive, weight.primitive, geometry),
            ),
            OpsKind::UnTracked(prep) => {
                prep.finish(B::depthwise(x.primitive, weight.primitive, geometry))
            }
        }
    }

    fn depthwise_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        geometry: Depthwise,
    ) -> [FloatTensor<Self>; 2] {
        B::depthwise_backward(x.primitive, weight.primitive, gradient.primitive, geometry)
            .map(Self::from_inner)
    }

    fn patches(x: FloatTensor<Self>, geometry: Depthwise) -> FloatTensor<Self> {
        let shape = burn::tensor::TensorMetadata::shape(&x);
        let size = [shape[1], shape[2]];
        match Backward::<B, 1>::prepare::<C>(PatchesStep, [x.node.clone()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                prep.finish((size, geometry), B::patches(x.primitive, geometry))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::patches(x.primitive, geometry)),
        }
    }

    fn patches_backward(
        gradient: FloatTensor<Self>,
        size: [usize; 2],
        geometry: Depthwise,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::patches_backward(gradient.primitive, size, geometry))
    }

    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> NormRelu<Self> {
        let nodes = [x.node.clone(), gamma.node.clone(), beta.node.clone()];
        let NormRelu { y, mean, variance } = B::norm_relu(
            x.primitive.clone(),
            gamma.primitive.clone(),
            beta.primitive.clone(),
        );
        let y = match Backward::<B, 3>::prepare::<C>(NormReluStep, nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish(
                NormState {
                    x: x.primitive,
                    gamma: gamma.primitive,
                    beta: beta.primitive,
                    mean: mean.clone(),
                    variance: variance.clone(),
                },
                y,
            ),
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        NormRelu {
            y,
            mean: Self::from_inner(mean),
            variance: Self::from_inner(variance),
        }
    }

    fn norm_relu_backward(
        state: NormState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3] {
        let state = NormState {
            x: state.x.primitive,
            gamma: state.gamma.primitive,
            beta: state.beta.primitive,
            mean: state.mean.primitive,
            variance: state.variance.primitive,
        };
        B::norm_relu_backward(state, gradient.primitive).map(Self::from_inner)
    }
}
