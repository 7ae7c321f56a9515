//! A normalised window as a picture: `[windows, frames, bands]` to `[windows, 224, 224, 1]`.
//!
//! Frequency upwards, time to the right, resized to 224 x 224; `CONTRAST` times the normalised window, held within -1
//! and 1, which is the range of a photograph's values in the weights' training (x / 127.5 - 1). A photograph's three
//! channels would all be this one: a convolution over three equal channels is a convolution over one with the sum of
//! the three weights, so that the network has that one, and pretrained weights are summed as they are read.

use crate::nn::resize;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Sides of the picture.
pub(super) const SIDE: usize = 224;
/// Of the picture, in its range a deviation of the window; docs/results.md has the measurements.
pub(crate) const CONTRAST: f32 = 1.0;

/// `[224, bands]`: bands to the picture's rows, the highest first, with the contrast.
pub(super) fn picture_rows(bands: usize) -> Vec<f32> {
    let rows = resize::matrix(bands, SIDE);
    let upwards = rows.chunks_exact(bands).rev().flatten();
    upwards.map(|weight| CONTRAST * weight).collect()
}

/// `[frames, 224]`: frames to its columns.
pub(super) fn picture_columns(frames: usize) -> Vec<f32> {
    let columns = resize::matrix(frames, SIDE);
    (0..frames * SIDE)
        .map(|at| columns[at % SIDE * frames + at / SIDE])
        .collect()
}

/// `[windows, frames, bands]` to `[windows, 224, 224, 1]`.
pub(super) fn picture<B: Backend>(x: Tensor<B, 3>) -> Tensor<B, 4> {
    let ([_, frames, bands], device) = (x.dims(), x.device());
    let constant = |values: Vec<f32>, shape: [usize; 3]| {
        Tensor::<B, 3>::from_data(TensorData::new(values, shape), &device)
    };
    let rows = constant(picture_rows(bands), [1, SIDE, bands]);
    let columns = constant(picture_columns(frames), [1, frames, SIDE]);
    let picture = rows.matmul(x.swap_dims(1, 2)).matmul(columns);
    picture.clamp(-1.0, 1.0).unsqueeze_dim(3)
}
