//! Gradients of our layers: [`LayerOps`] on burn's `Autodiff`, by each operation's own backward form.

use crate::nn::bounds::Bounds;
use crate::nn::cell::Cell;
use crate::nn::geometry::Geometry;
use crate::nn::ops::{LayerOps, NormState, Normed, RecurrentState, Unrolled};
use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, OpsPrep};
use burn::tensor::TensorMetadata;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::ops::FloatTensor;

#[derive(Debug)]
struct DepthwiseStep;

impl<B: LayerOps> Backward<B, 2> for DepthwiseStep {
    type State = (FloatTensor<B>, FloatTensor<B>, Geometry);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        pass_back::<B, _, 2>(ops, grads, |(x, weight, geometry), gradient| {
            B::depthwise_backward(x, weight, gradient, geometry)
        });
    }
}

#[derive(Debug)]
struct PatchesStep;

impl<B: LayerOps> Backward<B, 1> for PatchesStep {
    type State = ([usize; 2], Geometry);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        pass_back::<B, _, 1>(ops, grads, |(size, geometry), gradient| {
            [B::patches_backward(gradient, size, geometry)]
        });
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
        let channels = x.shape()[2];
        let kernel = weight.shape()[0] / channels;
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
        pass_back::<B, _, 3>(ops, grads, B::norm_relu_backward);
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
        pass_back::<B, _, 1>(ops, grads, |(y, scale, bounds), gradient| {
            [B::scale_shift_bounded_backward(y, scale, gradient, bounds)]
        });
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
        pass_back::<B, _, 1>(ops, grads, |(x, y, kernel), gradient| {
            [B::max_pool_backward(x, y, gradient, kernel)]
        });
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
        pass_back::<B, _, 3>(ops, grads, |(cell, state), gradient| {
            B::recurrent_backward(cell, state, gradient)
        });
    }
}

/// Runs an operation's backward form, `back`; its gradients go to the inputs that ask for one.
fn pass_back<B: Backend, S, const N: usize>(
    ops: Ops<S, N>,
    grads: &mut Gradients,
    back: impl FnOnce(S, FloatTensor<B>) -> [FloatTensor<B>; N],
) {
    let gradient = grads.consume::<B>(&ops.node);
    let all = back(ops.state, gradient);
    for (parent, gradient) in ops.parents.into_iter().zip(all) {
        if let Some(node) = parent {
            grads.register::<B>(node.id, gradient);
        }
    }
}

/// The operation's output, `y`, with its backward step where an input asks for gradients.
fn finish<B: LayerOps, C: CheckpointStrategy, S: Backward<B, N>, const N: usize>(
    prep: OpsPrep<S, B, S::State, C, N>,
    state: S::State,
    y: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match prep.compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(state, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}

impl<B: LayerOps, C: CheckpointStrategy> LayerOps for Autodiff<B, C> {
    fn depthwise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        let nodes = [x.node.clone(), weight.node.clone()];
        let prep = Backward::<B, 2>::prepare::<C>(DepthwiseStep, nodes);
        let state = (x.primitive.clone(), weight.primitive.clone(), geometry);
        finish::<B, C, _, 2>(
            prep,
            state,
            B::depthwise(x.primitive, weight.primitive, geometry),
        )
    }

    fn depthwise_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        geometry: Geometry,
    ) -> [FloatTensor<Self>; 2] {
        B::depthwise_backward(x.primitive, weight.primitive, gradient.primitive, geometry)
            .map(Self::from_inner)
    }

    fn patches(x: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        let shape = x.shape();
        let nodes = [x.node.clone()];
        let prep = Backward::<B, 1>::prepare::<C>(PatchesStep, nodes);
        let state = ([shape[1], shape[2]], geometry);
        finish::<B, C, _, 1>(prep, state, B::patches(x.primitive, geometry))
    }

    fn patches_backward(
        gradient: FloatTensor<Self>,
        size: [usize; 2],
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::patches_backward(gradient.primitive, size, geometry))
    }

    fn convolve_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        padding: usize,
    ) -> FloatTensor<Self> {
        let nodes = [x.node.clone(), weight.node.clone()];
        let prep = Backward::<B, 2>::prepare::<C>(ConvolveRowsStep, nodes);
        let state = (x.primitive.clone(), weight.primitive.clone(), padding);
        finish::<B, C, _, 2>(
            prep,
            state,
            B::convolve_rows(x.primitive, weight.primitive, padding),
        )
    }

    fn convolve_rows_weight_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        let (x, gradient) = (x.primitive, gradient.primitive);
        let dw = B::convolve_rows_weight_gradient(x, gradient, kernel, padding);
        Self::from_inner(dw)
    }

    fn convolve_rows_input_gradient(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        channels: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        let (weight, gradient) = (weight.primitive, gradient.primitive);
        let dx = B::convolve_rows_input_gradient(weight, gradient, channels, padding);
        Self::from_inner(dx)
    }

    fn norm_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        bounds: Bounds,
    ) -> Normed<Self> {
        let nodes = [x.node.clone(), gamma.node.clone(), beta.node.clone()];
        let prep = Backward::<B, 3>::prepare::<C>(NormReluStep, nodes);
        let Normed { y, mean, variance } = B::norm_relu(
            x.primitive.clone(),
            gamma.primitive.clone(),
            beta.primitive.clone(),
            bounds,
        );
        let state = NormState {
            x: x.primitive,
            gamma: gamma.primitive,
            beta: beta.primitive,
            mean: mean.clone(),
            variance: variance.clone(),
            bounds,
        };
        Normed {
            y: finish::<B, C, _, 3>(prep, state, y),
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
        let nodes = [x.node.clone()];
        let prep = Backward::<B, 1>::prepare::<C>(ScaleShiftStep, nodes);
        let scale = scale.primitive;
        let y = B::scale_shift_bounded(x.primitive, scale.clone(), shift.primitive, bounds);
        let state = (y.clone(), scale, bounds);
        finish::<B, C, _, 1>(prep, state, y)
    }

    fn scale_shift_bounded_backward(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bounds: Bounds,
    ) -> FloatTensor<Self> {
        let (y, scale, gradient) = (y.primitive, scale.primitive, gradient.primitive);
        let dx = B::scale_shift_bounded_backward(y, scale, gradient, bounds);
        Self::from_inner(dx)
    }

    fn max_pool(x: FloatTensor<Self>, kernel: [usize; 2]) -> FloatTensor<Self> {
        let nodes = [x.node.clone()];
        let prep = Backward::<B, 1>::prepare::<C>(MaxPoolStep, nodes);
        let y = B::max_pool(x.primitive.clone(), kernel);
        let state = (x.primitive, y.clone(), kernel);
        finish::<B, C, _, 1>(prep, state, y)
    }

    fn max_pool_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        kernel: [usize; 2],
    ) -> FloatTensor<Self> {
        let (x, y, gradient) = (x.primitive, y.primitive, gradient.primitive);
        Self::from_inner(B::max_pool_backward(x, y, gradient, kernel))
    }

    fn recurrent(
        cell: Cell,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> Unrolled<Self> {
        let nodes = [x.node.clone(), weight.node.clone(), bias.node.clone()];
        let prep = Backward::<B, 3>::prepare::<C>(RecurrentStep, nodes);
        let out = B::recurrent(cell, x.primitive, weight.primitive.clone(), bias.primitive);
        let (states, kept) = (out.states.clone(), Self::from_inner(out.kept.clone()));
        let state = RecurrentState {
            weight: weight.primitive,
            out,
        };
        Unrolled {
            states: finish::<B, C, _, 3>(prep, (cell, state), states),
            kept,
        }
    }

    fn recurrent_backward(
        cell: Cell,
        state: RecurrentState<Self>,
        gradient: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3] {
        let state = RecurrentState {
            weight: state.weight.primitive,
            out: Unrolled {
                states: state.out.states.primitive,
                kept: state.out.kept.primitive,
            },
        };
        B::recurrent_backward(cell, state, gradient.primitive).map(Self::from_inner)
    }
}
