//! Max-pooling and its gradient out of burn's own operations.

use crate::nn::primitive::{lift, lower};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Slice, Tensor};

/// Every value at one place of its window, one an output.
fn tap<B: Backend>(x: &Tensor<B, 4>, place: [usize; 2], kernel: [usize; 2]) -> [Slice; 4] {
    let [_, height, width, _] = x.dims();
    let range = |axis: usize, size: usize| {
        let end = size / kernel[axis] * kernel[axis];
        Slice::new(
            place[axis] as isize,
            Some(end as isize),
            kernel[axis] as isize,
        )
    };
    [
        Slice::full(),
        range(0, height),
        range(1, width),
        Slice::full(),
    ]
}

fn places(kernel: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    (0..kernel[0]).flat_map(move |row| (0..kernel[1]).map(move |column| [row, column]))
}

pub(super) fn forward<B: Backend>(x: FloatTensor<B>, kernel: [usize; 2]) -> FloatTensor<B> {
    let x = lift::<B, 4>(x);
    let mut y = x.clone().slice(tap(&x, [0, 0], kernel));
    for place in places(kernel).skip(1) {
        y = y.max_pair(x.clone().slice(tap(&x, place, kernel)));
    }
    lower(y)
}

pub(super) fn backward<B: Backend>(
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    gradient: FloatTensor<B>,
    kernel: [usize; 2],
) -> FloatTensor<B> {
    let (x, y) = (lift::<B, 4>(x), lift::<B, 4>(y));
    let mut left = lift::<B, 4>(gradient);
    let mut dx = x.zeros_like();
    for place in places(kernel) {
        let range = tap(&x, place, kernel);
        let is_largest = x.clone().slice(range).equal(y.clone()).float();
        let given = left.clone() * is_largest;
        left = left - given.clone();
        dx = dx.slice_assign(range, given);
    }
    lower(dx)
}
