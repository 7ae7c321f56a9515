//! [`LayerOps`] on burn-flex, by the kernels of [`crate::nn::kernel`].

use super::{recurrent_weight, rows};
use crate::nn::cell::Cell;
use crate::nn::kernel::{depthwise, norm, patches, pool, recurrent};
use crate::nn::ops::{LayerOps, NORM_EPSILON, NormState, Normed, RecurrentState, Unrolled};
use crate::nn::{Bounds, Geometry};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexTensor};

/// A tensor's values, row-major, and its sizes.
struct View {
    tensor: FlexTensor,
}

impl View {
    fn new(tensor: &FlexTensor) -> Self {
        Self {
            tensor: tensor.to_contiguous(),
        }
    }

    fn values(&self) -> &[f32] {
        self.tensor.storage()
    }

    fn shape<const D: usize>(&self) -> [usize; D] {
        self.tensor.layout().shape().dims()
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

impl LayerOps for Flex {
    fn depthwise(x: FlexTensor, weight: FlexTensor, geometry: Geometry) -> FlexTensor {
        let (x, weight) = (View::new(&x), View::new(&weight));
        let [batch, height, width, channels] = x.shape();
        let [rows, columns] = geometry.output([height, width]);
        let y = depthwise::forward(x.values(), weight.values(), x.shape(), geometry);
        tensor(y, [batch, rows, columns, channels])
    }

    fn depthwise_backward(
        x: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
        geometry: Geometry,
    ) -> [FlexTensor; 2] {
        let (x, weight, gradient) = (View::new(&x), View::new(&weight), View::new(&gradient));
        let shape: [usize; 4] = x.shape();
        let dx = depthwise::input_gradient(weight.values(), gradient.values(), shape, geometry);
        let dw = depthwise::weight_gradient(x.values(), gradient.values(), shape, geometry);
        [tensor(dx, shape), tensor(dw, weight.shape::<3>())]
    }

    fn patches(x: FlexTensor, geometry: Geometry) -> FlexTensor {
        let x = View::new(&x);
        let [batch, height, width] = x.shape();
        let [rows, columns] = geometry.output([height, width]);
        let y = patches::forward(x.values(), x.shape(), geometry);
        tensor(
            y,
            [
                batch,
                rows,
                columns,
                geometry.kernel[0] * geometry.kernel[1],
            ],
        )
    }

    fn patches_backward(gradient: FlexTensor, size: [usize; 2], geometry: Geometry) -> FlexTensor {
        let gradient = View::new(&gradient);
        let [batch, ..] = gradient.shape::<4>();
        let shape = [batch, size[0], size[1]];
        tensor(patches::backward(gradient.values(), shape, geometry), shape)
    }

    fn convolve_rows(x: FlexTensor, weight: FlexTensor, padding: usize) -> FlexTensor {
        rows::convolve(&x, weight, padding)
    }

    fn convolve_rows_weight_gradient(
        x: FlexTensor,
        gradient: FlexTensor,
        kernel: usize,
        padding: usize,
    ) -> FlexTensor {
        rows::weight_gradient(&x, gradient, kernel, padding)
    }

    fn convolve_rows_input_gradient(
        weight: FlexTensor,
        gradient: FlexTensor,
        channels: usize,
        padding: usize,
    ) -> FlexTensor {
        rows::input_gradient(weight, &gradient, channels, padding)
    }

    fn norm_relu(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        bounds: Bounds,
    ) -> Normed<Self> {
        let (x, gamma, beta) = (View::new(&x), View::new(&gamma), View::new(&beta));
        let shape: [usize; 4] = x.shape();
        let out = norm::forward(
            x.values(),
            gamma.values(),
            beta.values(),
            shape[0],
            NORM_EPSILON,
            bounds,
        );
        Normed {
            y: tensor(out.y, shape),
            mean: tensor(out.mean, [shape[3]]),
            variance: tensor(out.variance, [shape[3]]),
        }
    }

    fn norm_relu_backward(state: NormState<Self>, gradient: FlexTensor) -> [FlexTensor; 3] {
        let x = View::new(&state.x);
        let (gamma, beta) = (View::new(&state.gamma), View::new(&state.beta));
        let (mean, variance) = (View::new(&state.mean), View::new(&state.variance));
        // Written in place when nobody else holds it.
        let mut gradient = gradient.to_contiguous();
        let shape: [usize; 4] = x.shape();
        let input = norm::Input {
            x: x.values(),
            gamma: gamma.values(),
            beta: beta.values(),
            mean: mean.values(),
            variance: variance.values(),
        };
        let out = norm::backward(
            &input,
            gradient.storage_mut(),
            shape[0],
            NORM_EPSILON,
            state.bounds,
        );
        [
            gradient,
            tensor(out.gamma, [shape[3]]),
            tensor(out.beta, [shape[3]]),
        ]
    }

    fn scale_shift_bounded(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        bounds: Bounds,
    ) -> FlexTensor {
        let (x, scale, shift) = (View::new(&x), View::new(&scale), View::new(&shift));
        let shape: [usize; 4] = x.shape();
        let (scale, shift) = (scale.values(), shift.values());
        let y = norm::scale_shift_bounded(x.values(), scale, shift, shape[0], bounds);
        tensor(y, shape)
    }

    fn scale_shift_bounded_backward(
        y: FlexTensor,
        scale: FlexTensor,
        gradient: FlexTensor,
        bounds: Bounds,
    ) -> FlexTensor {
        let (y, scale, gradient) = (View::new(&y), View::new(&scale), View::new(&gradient));
        let shape: [usize; 4] = y.shape();
        let (y, gradient) = (y.values(), gradient.values());
        let dx = norm::scale_shift_bounded_backward(y, scale.values(), gradient, shape[0], bounds);
        tensor(dx, shape)
    }

    fn max_pool(x: FlexTensor, kernel: [usize; 2]) -> FlexTensor {
        let x = View::new(&x);
        let shape @ [batch, height, width, channels] = x.shape();
        let y = pool::forward(x.values(), shape, kernel);
        tensor(y, [batch, height / kernel[0], width / kernel[1], channels])
    }

    fn max_pool_backward(
        x: FlexTensor,
        y: FlexTensor,
        gradient: FlexTensor,
        kernel: [usize; 2],
    ) -> FlexTensor {
        let (x, y, gradient) = (View::new(&x), View::new(&y), View::new(&gradient));
        let shape: [usize; 4] = x.shape();
        let dx = pool::backward(x.values(), y.values(), gradient.values(), shape, kernel);
        tensor(dx, shape)
    }

    fn recurrent(
        cell: Cell,
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
    ) -> Unrolled<Self> {
        let (x, weight, bias) = (View::new(&x), View::new(&weight), View::new(&bias));
        let [batch, steps, width] = x.shape();
        let hidden = width / cell.gates();
        let pass = recurrent::forward(
            cell,
            x.values(),
            weight.values(),
            bias.values(),
            [batch, steps],
        );
        Unrolled {
            states: tensor(pass.states, [batch, steps, hidden]),
            kept: tensor(pass.kept, [batch, steps, cell.kept() * hidden]),
        }
    }

    fn recurrent_backward(
        cell: Cell,
        state: RecurrentState<Self>,
        gradient: FlexTensor,
    ) -> [FlexTensor; 3] {
        let (weight, gradient) = (View::new(&state.weight), View::new(&gradient));
        let (states, kept) = (View::new(&state.out.states), View::new(&state.out.kept));
        let shape @ [batch, steps, _] = states.shape();
        let [_, width] = weight.shape();
        let pass = [states.values(), kept.values()];
        let out = recurrent::backward(cell, weight.values(), pass, gradient.values(), shape);
        let recurrent = tensor(out.recurrent, [batch, steps, width]);
        let [d_weight, d_bias] = recurrent_weight::gradients::<Self>(state.out.states, recurrent);
        [tensor(out.x, [batch, steps, width]), d_weight, d_bias]
    }
}
