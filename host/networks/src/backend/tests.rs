//! Our CPU kernels against the same layers made of burn's own operations, and against burn's own gradients.

use super::{Cpu, NdArray};
use crate::nn::cell::Cell;
use crate::nn::ops::{LayerOps, NormState, RecurrentState};
use crate::nn::{Bounds, Geometry, Pass, Zeros};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData, TensorPrimitive};

type Flex = <Cpu as burn::tensor::backend::AutodiffBackend>::InnerBackend;
type Plain = <NdArray as burn::tensor::backend::AutodiffBackend>::InnerBackend;

fn ramp(len: usize, salt: usize) -> Vec<f32> {
    (0..len)
        .map(|i| ((i * 7919 + salt * 104_729) % 2003) as f32 / 1000.0 - 1.0)
        .collect()
}

fn primitive<B: Backend, const D: usize>(
    shape: [usize; D],
    salt: usize,
) -> B::FloatTensorPrimitive {
    let data = TensorData::new(ramp(shape.iter().product(), salt), shape);
    Tensor::<B, D>::from_data(data, &Default::default())
        .into_primitive()
        .tensor()
}

fn values<B: Backend, const D: usize>(primitive: B::FloatTensorPrimitive) -> Vec<f32> {
    Tensor::<B, D>::from_primitive(TensorPrimitive::Float(primitive))
        .into_data()
        .iter()
        .collect()
}

fn close(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest = theirs.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
    for (index, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= 2e-5 * largest,
            "{what}[{index}]: {a} against {b}"
        );
    }
}

const GEOMETRIES: [Geometry; 7] = [
    Geometry {
        kernel: [3, 3],
        stride: [2, 2],
        padding: [1, 1],
        zeros: Zeros::Behind,
    },
    Geometry {
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        zeros: Zeros::Around,
    },
    Geometry {
        kernel: [3, 3],
        stride: [2, 2],
        padding: [1, 1],
        zeros: Zeros::Around,
    },
    Geometry {
        kernel: [5, 3],
        stride: [2, 1],
        padding: [2, 1],
        zeros: Zeros::Around,
    },
    Geometry {
        kernel: [1, 9],
        stride: [1, 1],
        padding: [0, 0],
        zeros: Zeros::Around,
    },
    Geometry {
        kernel: [3, 3],
        stride: [1, 2],
        padding: [0, 1],
        zeros: Zeros::Causal,
    },
    Geometry {
        kernel: [5, 5],
        stride: [4, 2],
        padding: [0, 2],
        zeros: Zeros::Causal,
    },
];

fn depthwise_all<B: LayerOps>(geometry: Geometry) -> [Vec<f32>; 3] {
    let x = || primitive::<B, 4>([2, 7, 9, 32], 1);
    let weight = || primitive::<B, 3>([geometry.kernel[0], geometry.kernel[1], 32], 2);
    let [rows, columns] = geometry.output([7, 9]);
    let gradient = primitive::<B, 4>([2, rows, columns, 32], 3);
    let y = values::<B, 4>(B::depthwise(x(), weight(), geometry));
    let [dx, dw] = B::depthwise_backward(x(), weight(), gradient, geometry);
    [y, values::<B, 4>(dx), values::<B, 3>(dw)]
}

fn convolve_rows_all<B: LayerOps>(kernel: usize, padding: usize) -> [Vec<f32>; 3] {
    let (batch, steps, channels, out) = (3, 9, 6, 5);
    let x = || primitive::<B, 3>([batch, steps, channels], 1);
    let weight = || primitive::<B, 2>([kernel * channels, out], 2);
    let gradient = || primitive::<B, 3>([batch, steps + 2 * padding + 1 - kernel, out], 3);
    [
        values::<B, 3>(B::convolve_rows(x(), weight(), padding)),
        values::<B, 2>(B::convolve_rows_weight_gradient(
            x(),
            gradient(),
            kernel,
            padding,
        )),
        values::<B, 3>(B::convolve_rows_input_gradient(
            weight(),
            gradient(),
            channels,
            padding,
        )),
    ]
}

#[test]
fn convolutions_along_rows_agree() {
    for (kernel, padding) in [(1, 0), (3, 0), (3, 1), (5, 2), (5, 4), (4, 1), (9, 0)] {
        let ours = convolve_rows_all::<Flex>(kernel, padding);
        let theirs = convolve_rows_all::<Plain>(kernel, padding);
        for (what, (ours, theirs)) in ["y", "dw", "dx"].iter().zip(ours.iter().zip(&theirs)) {
            close(ours, theirs, &format!("{what} of {kernel}, {padding}"));
        }
    }
}

/// The layer takes this way or the one over patches by its geometry; their answers and gradients are the same.
#[test]
fn a_convolution_along_rows_is_that_of_its_patches() {
    use crate::nn::dense::Convolution;
    use crate::order::generator;
    let geometry = |width: usize| Geometry {
        kernel: [5, width],
        ..GEOMETRIES[0]
    };
    let run = |width: usize| {
        // A kernel over all of two columns, one of which is always zero, sees what one over one column does.
        let mut layer = Convolution::<Cpu>::new(
            [4, 3],
            Geometry {
                padding: [2, 0],
                ..geometry(1)
            },
            &mut generator(1, 0, 0, 0),
            &Default::default(),
        );
        let x = Tensor::<Cpu, 1>::from_data(
            TensorData::new(ramp(2 * 9 * 4, 1), [2 * 9 * 4]),
            &Default::default(),
        )
        .require_grad();
        let mut columns = x.clone().reshape([2, 9, 1, 4]);
        if width == 2 {
            columns = Tensor::cat(vec![columns.clone(), columns.zeros_like()], 2);
            let weight = layer.weight.val().reshape([5, 1, 4, 3]);
            let weight = Tensor::cat(vec![weight.clone(), weight.zeros_like()], 1);
            layer.weight = layer.weight.map(|_| weight.reshape([40, 3]));
            layer.geometry.kernel[1] = 2;
        }
        let y = layer.forward(columns, 0, &mut Pass::evaluating());
        let answer: Vec<f32> = y.clone().into_data().iter().collect();
        let gradients = (y.clone() * y).sum().backward();
        let dx: Vec<f32> = x.grad(&gradients).unwrap().into_data().iter().collect();
        [answer, dx]
    };
    for (ours, theirs) in run(1).iter().zip(&run(2)) {
        close(ours, theirs, "rows against patches");
    }
}

#[test]
fn depthwise_kernels_are_burns_convolution() {
    for geometry in GEOMETRIES {
        let (ours, theirs) = (
            depthwise_all::<Flex>(geometry),
            depthwise_all::<Plain>(geometry),
        );
        for (what, (ours, theirs)) in ["y", "dx", "dw"].iter().zip(ours.iter().zip(&theirs)) {
            close(ours, theirs, &format!("{what} of {geometry:?}"));
        }
    }
}

#[test]
fn patches_and_their_gradient_agree() {
    fn all<B: LayerOps>(geometry: Geometry) -> [Vec<f32>; 2] {
        let [rows, columns] = geometry.output([7, 9]);
        let taps = geometry.kernel[0] * geometry.kernel[1];
        let gradient = primitive::<B, 4>([2, rows, columns, taps], 3);
        [
            values::<B, 4>(B::patches(primitive::<B, 3>([2, 7, 9], 1), geometry)),
            values::<B, 3>(B::patches_backward(gradient, [7, 9], geometry)),
        ]
    }
    for geometry in GEOMETRIES {
        let (ours, theirs) = (all::<Flex>(geometry), all::<Plain>(geometry));
        close(&ours[0], &theirs[0], "patches");
        close(&ours[1], &theirs[1], "their gradient");
    }
}

#[test]
fn norm_kernels_agree() {
    fn all<B: LayerOps>(bounds: Bounds) -> Vec<Vec<f32>> {
        let x = || primitive::<B, 4>([3, 4, 5, 16], 1);
        let (gamma, beta) = (|| primitive::<B, 1>([16], 2), || primitive::<B, 1>([16], 3));
        let out = B::norm_relu(x(), gamma(), beta(), bounds);
        let forward = [
            values::<B, 4>(out.y),
            values::<B, 1>(out.mean.clone()),
            values::<B, 1>(out.variance.clone()),
        ];
        let state = NormState {
            x: x(),
            gamma: gamma(),
            beta: beta(),
            mean: out.mean,
            variance: out.variance,
            bounds,
        };
        let [dx, dgamma, dbeta] = B::norm_relu_backward(state, primitive::<B, 4>([3, 4, 5, 16], 4));
        let backward = [
            values::<B, 4>(dx),
            values::<B, 1>(dgamma),
            values::<B, 1>(dbeta),
        ];
        let fixed = B::scale_shift_bounded(x(), gamma(), beta(), bounds);
        let gradient = primitive::<B, 4>([3, 4, 5, 16], 4);
        let d_fixed = B::scale_shift_bounded_backward(fixed.clone(), gamma(), gradient, bounds);
        let fixed = [values::<B, 4>(fixed), values::<B, 4>(d_fixed)];
        let all = forward.into_iter().chain(backward).chain(fixed);
        all.collect()
    }
    // Values of the ramp reach from -1 to 1, so that a ceiling of a half cuts many.
    let low_ceiling = Bounds {
        least: 0.0,
        most: 0.5,
    };
    for bounds in [Bounds::RELU, Bounds::LINEAR, low_ceiling] {
        let (ours, theirs) = (all::<Flex>(bounds), all::<Plain>(bounds));
        for (index, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            close(ours, theirs, &format!("result {index}, {bounds:?}"));
        }
    }
}

/// burn differentiates its own operations; our backward pass must give the same.
#[test]
fn gradients_are_what_burn_derives() {
    type B = NdArray;
    let device = Default::default();
    let geometry = GEOMETRIES[2];
    let leaf = |len: usize, salt| TensorData::new(ramp(len, salt), [len]);
    let run = |ours: bool| {
        let x = Tensor::<B, 1>::from_data(leaf(2 * 7 * 9 * 16, 1), &device).require_grad();
        let w = Tensor::<B, 1>::from_data(leaf(3 * 3 * 16, 2), &device).require_grad();
        let (map, kernel) = (
            x.clone().reshape([2, 7, 9, 16]),
            w.clone().reshape([3, 3, 16]),
        );
        let y: Tensor<B, 4> = if ours {
            crate::nn::layers::depthwise(map, kernel, geometry)
        } else {
            let kernel = kernel.permute([2, 0, 1]).reshape([16, 1, 3, 3]);
            let options = burn::tensor::ops::ConvOptions::new([2, 2], [1, 1], [1, 1], 16);
            burn::tensor::module::conv2d(map.permute([0, 3, 1, 2]), kernel, None, options)
                .permute([0, 2, 3, 1])
        };
        let gradients = (y.clone() * y).sum().backward();
        [x.grad(&gradients), w.grad(&gradients)].map(|gradient| {
            gradient
                .unwrap()
                .into_data()
                .iter::<f32>()
                .collect::<Vec<_>>()
        })
    };
    for (ours, theirs) in run(true).iter().zip(&run(false)) {
        close(ours, theirs, "gradient");
    }
}

const CELLS: [Cell; 2] = [Cell::Lstm, Cell::Gru];
const POOLS: [[usize; 2]; 3] = [[2, 2], [3, 2], [2, 1]];

#[test]
fn pooling_agrees_and_leaves_out_the_rest() {
    fn all<B: LayerOps>(kernel: [usize; 2]) -> [Vec<f32>; 2] {
        let x = || primitive::<B, 4>([2, 7, 9, 3], 1);
        let y = B::max_pool(x(), kernel);
        let gradient = primitive::<B, 4>([2, 7 / kernel[0], 9 / kernel[1], 3], 2);
        let dx = B::max_pool_backward(x(), y.clone(), gradient, kernel);
        [values::<B, 4>(y), values::<B, 4>(dx)]
    }
    for kernel in POOLS {
        let (ours, theirs) = (all::<Flex>(kernel), all::<Plain>(kernel));
        close(&ours[0], &theirs[0], &format!("pool {kernel:?}"));
        close(&ours[1], &theirs[1], &format!("its gradient {kernel:?}"));
    }
}

#[test]
fn the_first_of_equal_values_gets_the_gradient() {
    let ones = Tensor::<Flex, 4>::ones([1, 2, 2, 1], &Default::default());
    let ones = || ones.clone().into_primitive().tensor();
    let y = Flex::max_pool(ones(), [2, 2]);
    let dx = Flex::max_pool_backward(ones(), y.clone(), y, [2, 2]);
    assert_eq!(values::<Flex, 4>(dx), [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn recurrent_kernels_agree() {
    fn all<B: LayerOps>(cell: Cell) -> Vec<Vec<f32>> {
        let (hidden, width) = (5, 5 * cell.gates());
        let x = primitive::<B, 3>([2, 4, width], 1);
        let weight = || primitive::<B, 2>([hidden, width], 2);
        let out = B::recurrent(cell, x, weight(), primitive::<B, 1>([width], 3));
        let forward = [
            values::<B, 3>(out.states.clone()),
            values::<B, 3>(out.kept.clone()),
        ];
        let state = RecurrentState {
            weight: weight(),
            out,
        };
        let gradient = primitive::<B, 3>([2, 4, hidden], 4);
        let [dx, dw, db] = B::recurrent_backward(cell, state, gradient);
        let backward = [values::<B, 3>(dx), values::<B, 2>(dw), values::<B, 1>(db)];
        forward.into_iter().chain(backward).collect()
    }
    for cell in CELLS {
        let (ours, theirs) = (all::<Flex>(cell), all::<Plain>(cell));
        for (index, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            close(ours, theirs, &format!("{cell:?} {index}"));
        }
    }
}

/// burn differentiates a cell written in its own operations; our backward pass must give the same.
#[test]
fn recurrent_gradients_are_what_burn_derives() {
    type B = NdArray;
    for cell in CELLS {
        let (hidden, width) = (5, 5 * cell.gates());
        let run = |ours: bool| {
            let leaf = |len: usize, salt| {
                let data = TensorData::new(ramp(len, salt), [len]);
                Tensor::<B, 1>::from_data(data, &Default::default()).require_grad()
            };
            let (x, w, b) = (
                leaf(2 * 4 * width, 1),
                leaf(hidden * width, 2),
                leaf(width, 3),
            );
            let of = |tensor: Tensor<B, 3>| tensor.into_primitive().tensor();
            let inputs = of(x.clone().reshape([2, 4, width]));
            let weight = w.clone().reshape([hidden, width]).into_primitive().tensor();
            let bias = b.clone().into_primitive().tensor();
            let out = match ours {
                true => B::recurrent(cell, inputs, weight, bias),
                false => super::portable::recurrent::forward::<B>(cell, inputs, weight, bias),
            };
            let states = Tensor::<B, 3>::from_primitive(TensorPrimitive::Float(out.states));
            let gradients = (states.clone() * states).sum().backward();
            [x, w, b].map(|leaf| {
                let gradient = leaf.grad(&gradients).unwrap();
                gradient.into_data().iter::<f32>().collect::<Vec<_>>()
            })
        };
        for (ours, theirs) in run(true).iter().zip(&run(false)) {
            close(ours, theirs, &format!("gradient of {cell:?}"));
        }
    }
}
