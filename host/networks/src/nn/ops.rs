//! The layers that burn has no fast CPU form of, as backend operations with gradients.
//!
//! Activations are channels last (`[batch, height, width, channels]`), so that a pointwise convolution is one matrix
//! product over rows of channels, and its two gradients are matrix products too.
//!
//! A backend gets these by implementing [`LayerOps`]; [`crate::backend`] does so for every backend it names.
//! The `Autodiff` implementation here adds the gradients.

use crate::nn::kernel::{Bounds, Depthwise};
use crate::nn::recurrent::Cell;
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::ops::FloatTensor;

/// Added to a variance before its root is taken.
pub const NORM_EPSILON: f32 = 1e-5;

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
    /// The activation.
    pub bounds: Bounds,
}

/// Output of [`LayerOps::recurrent`].
#[derive(Clone, Debug)]
pub struct Recurrent<B: Backend> {
    /// Hidden states, `[batch, steps, hidden]`.
    pub states: FloatTensor<B>,
    /// What the backward pass needs besides, `[batch, steps, kept * hidden]`, see [`Cell::kept`]; it carries no gradient.
    pub kept: FloatTensor<B>,
}

/// What the gradient of [`LayerOps::recurrent`] needs from its forward pass.
#[derive(Clone, Debug)]
pub struct RecurrentState<B: Backend> {
    /// Recurrent weight.
    pub weight: FloatTensor<B>,
    /// What the forward pass gave.
    pub out: Recurrent<B>,
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

    /// Convolution along one axis, stride 1: `x` `[batch, steps, channels]`, `weight` `[kernel * channels, out]`, to
    /// `[batch, steps + 2 * padding - kernel + 1, out]`.
    fn convolve_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::convolve_rows`] for `weight`.
    fn convolve_rows_weight_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::convolve_rows`] for `x`, which has so many channels; the padding is less than the kernel.
    fn convolve_rows_input_gradient(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        channels: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Batch norm with the batch's own statistics over all but the last axis, then the activation. `x` has four axes.
    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        bounds: Bounds,
    ) -> NormRelu<Self>;

    /// Gradients of [`Self::norm_relu`] for `x`, `gamma` and `beta`.
    fn norm_relu_backward(
        state: NormState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];

    /// Batch norm with given statistics: `x * scale + shift` over the last of four axes, then the activation. `scale` and
    /// `shift`, `[channels]`, carry no gradient.
    fn scale_shift_bounded(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self>;

    /// Gradient of [`Self::scale_shift_bounded`], which gave `y`, for `x`.
    fn scale_shift_bounded_backward(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self>;

    /// The largest value of each window of `kernel` rows and columns, side by side: `x` `[batch, height, width, channels]`.
    fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self>;

    /// Gradient of [`Self::max_pool`], which gave `y`.
    fn max_pool_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: [usize; 2],
    ) -> FloatTensor<Self>;

    /// A recurrent cell over all steps from zeros: `x` `[batch, steps, gates * hidden]` (the products of the inputs),
    /// `weight` `[hidden, gates * hidden]`, `bias` `[gates * hidden]`, which is added to the products of the states.
    fn recurrent(
        cell: Cell,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> Recurrent<Self>;

    /// Gradients of [`Self::recurrent`] for `x`, `weight` and `bias`, given that of the states.
    fn recurrent_backward(
        cell: Cell,
        state: RecurrentState<Self>,
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
struct ConvolveRowsStep;

impl<B: LayerOps> Backward<B, 2> for ConvolveRowsStep {
    type State = (FloatTensor<B>, FloatTensor<B>, usize);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (x, weight, padding) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let channels = burn::tensor::TensorMetadata::shape(&x)[2];
        let kernel = burn::tensor::TensorMetadata::shape(&weight)[0] / channels;
        let [of_x, of_weight] = ops.parents;
        if let Some(node) = of_weight {
            let dw = B::convolve_rows_weight_gradient(x, gradient.clone(), kernel, padding);
            grads.register::<B>(node.id, dw);
        }
        // The first layer's input needs none.
        if let Some(node) = of_x {
            let dx = B::convolve_rows_input_gradient(weight, gradient, channels, padding);
            grads.register::<B>(node.id, dx);
        }
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

#[derive(Debug)]
struct ScaleShiftStep;

impl<B: LayerOps> Backward<B, 1> for ScaleShiftStep {
    type State = (FloatTensor<B>, FloatTensor<B>, Bounds);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (y, scale, bounds) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let dx = B::scale_shift_bounded_backward(y, scale, gradient, bounds);
        register_all::<B, 1>(
            ops.parents.map(|parent| parent.map(|node| node.id)),
            [dx],
            grads,
        );
    }
}

#[derive(Debug)]
struct MaxPoolStep;

impl<B: LayerOps> Backward<B, 1> for MaxPoolStep {
    type State = (FloatTensor<B>, FloatTensor<B>, [usize; 2]);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (x, y, kernel) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let dx = B::max_pool_backward(x, y, gradient, kernel);
        register_all::<B, 1>(
            ops.parents.map(|parent| parent.map(|node| node.id)),
            [dx],
            grads,
        );
    }
}

#[derive(Debug)]
struct RecurrentStep;

impl<B: LayerOps> Backward<B, 3> for RecurrentStep {
    type State = (Cell, RecurrentState<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (cell, state) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let all = B::recurrent_backward(cell, state, gradient);
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

    fn convolve_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        padding: usize,
    ) -> FloatTensor<Self> {
        let nodes = [x.node.clone(), weight.node.clone()];
        match Backward::<B, 2>::prepare::<C>(ConvolveRowsStep, nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish(
                (x.primitive.clone(), weight.primitive.clone(), padding),
                B::convolve_rows(x.primitive, weight.primitive, padding),
            ),
            OpsKind::UnTracked(prep) => {
                prep.finish(B::convolve_rows(x.primitive, weight.primitive, padding))
            }
        }
    }

    fn convolve_rows_weight_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::convolve_rows_weight_gradient(
            x.primitive,
            gradient.primitive,
            kernel,
            padding,
        ))
    }

    fn convolve_rows_input_gradient(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        channels: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::convolve_rows_input_gradient(
            weight.primitive,
            gradient.primitive,
            channels,
            padding,
        ))
    }

    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        bounds: Bounds,
    ) -> NormRelu<Self> {
        let nodes = [x.node.clone(), gamma.node.clone(), beta.node.clone()];
        let NormRelu { y, mean, variance } = B::norm_relu(
            x.primitive.clone(),
            gamma.primitive.clone(),
            beta.primitive.clone(),
            bounds,
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
                    bounds,
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
            bounds: state.bounds,
        };
        B::norm_relu_backward(state, gradient.primitive).map(Self::from_inner)
    }

    fn scale_shift_bounded(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self> {
        let scale = scale.primitive;
        let y = B::scale_shift_bounded(x.primitive, scale.clone(), shift.primitive, bounds);
        match Backward::<B, 1>::prepare::<C>(ScaleShiftStep, [x.node.clone()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((y.clone(), scale, bounds), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn scale_shift_bounded_backward(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self> {
        let dx = B::scale_shift_bounded_backward(
            y.primitive,
            scale.primitive,
            gradient.primitive,
            bounds,
        );
        Self::from_inner(dx)
    }

    fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self> {
        let y = B::max_pool(x.primitive.clone(), kernel);
        match Backward::<B, 1>::prepare::<C>(MaxPoolStep, [x.node.clone()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((x.primitive, y.clone(), kernel), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn max_pool_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: [usize; 2],
    ) -> FloatTensor<Self> {
        let dx = B::max_pool_backward(x.primitive, y.primitive, gradient.primitive, kernel);
        Self::from_inner(dx)
    }

    fn recurrent(
        cell: Cell,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> Recurrent<Self> {
        let nodes = [x.node.clone(), weight.node.clone(), bias.node.clone()];
        let out = B::recurrent(cell, x.primitive, weight.primitive.clone(), bias.primitive);
        let kept = Self::from_inner(out.kept.clone());
        let states = match Backward::<B, 3>::prepare::<C>(RecurrentStep, nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let states = out.states.clone();
                let state = RecurrentState {
                    weight: weight.primitive,
                    out,
                };
                prep.finish((cell, state), states)
            }
            OpsKind::UnTracked(prep) => prep.finish(out.states),
        };
        Recurrent { states, kept }
    }

    fn recurrent_backward(
        cell: Cell,
        state: RecurrentState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3] {
        let state = RecurrentState {
            weight: state.weight.primitive,
            out: Recurrent {
                states: state.out.states.primitive,
                kept: state.out.kept.primitive,
            },
        };
        B::recurrent_backward(cell, state, gradient.primitive).map(Self::from_inner)
    }
}
