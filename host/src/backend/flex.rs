//! burn-flex runs our layers on the kernels of [`crate::nn::kernel`].

use crate::nn::kernel::{self, Depthwise, NormInput};
use crate::nn::ops::{LayerOps, NORM_EPSILON, NormRelu, NormState};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexTensor};

/// A contiguous view of `tensor`, and its sizes.
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
    fn depthwise(x: FlexTensor, weight: FlexTensor, geometry: Depthwise) -> FlexTensor {
        let (x, weight) = (View::new(&x), View::new(&weight));
        let [batch, height, width, channels] = x.shape();
        let [rows, columns] = geometry.output([height, width]);
        let y = kernel::depthwise(x.values(), weight.values(), x.shape(), geometry);
        tensor(y, [batch, rows, columns, channels])
    }

    fn depthwise_backward(
        x: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
        geometry: Depthwise,
    ) -> [FlexTensor; 2] {
        let (x, weight, gradient) = (View::new(&x), View::new(&weight), View::new(&gradient));
        let shape: [usize; 4] = x.shape();
        let dx =
            kernel::depthwise_input_gradient(weight.values(), gradient.values(), shape, geometry);
        let dw = kernel::depthwise_weight_gradient(x.values(), gradient.values(), shape, geometry);
        [tensor(dx, shape), tensor(dw, weight.shape::<3>())]
    }

    fn patches(x: FlexTensor, geometry: Depthwise) -> FlexTensor {
        let x = View::new(&x);
        let [batch, height, width] = x.shape();
        let [rows, columns] = geometry.output([height, width]);
        let y = kernel::patches(x.values(), x.shape(), geometry);
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

    fn patches_backward(gradient: FlexTensor, size: [usize; 2], geometry: Depthwise) -> FlexTensor {
        let gradient = View::new(&gradient);
        let [batch, ..] = gradient.shape::<4>();
        let shape = [batch, size[0], size[1]];
        tensor(
            kernel::patches_gradient(gradient.values(), shape, geometry),
            shape,
        )
    }

    fn norm_relu(x: FlexTensor, gamma: FlexTensor, beta: FlexTensor) -> NormRelu<Self> {
        let (x, gamma, beta) = (View::new(&x), View::new(&gamma), View::new(&beta));
        let shape: [usize; 4] = x.shape();
        let out = kernel::norm_relu(
            x.values(),
            gamma.values(),
            beta.values(),
            shape[0],
            NORM_EPSILON,
        );
        NormRelu {
            y: tensor(out.y, shape),
            mean: tensor(out.mean, [shape[3]]),
            variance: tensor(out.variance, [shape[3]]),
        }
    }

    fn norm_relu_backward(state: NormState<Self>, gradient: FlexTensor) -> [FlexTensor; 3] {
        let x = View::new(&state.x);
        let (gamma, beta) = (View::new(&state.gamma), View::new(&state.beta));
        let (mean, variance) = (View::new(&state.mean), View::new(&state.variance));
        let gradient = View::new(&gradient);
        let shape: [usize; 4] = x.shape();
        let input = NormInput {
            x: x.values(),
            gamma: gamma.values(),
            beta: beta.values(),
            mean: mean.values(),
            variance: variance.values(),
        };
        let out = kernel::norm_relu_gradient(&input, gradient.values(), shape[0], NORM_EPSILON);
        [
            tensor(out.x, shape),
            tensor(out.gamma, [shape[3]]),
            tensor(out.beta, [shape[3]]),
        ]
    }
}
