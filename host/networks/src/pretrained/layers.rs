//! A weights file's tensors as our layers keep them: channels out last.

use super::{Error, Tensors, Weights};
use crate::nn::layers::NormRelu;
use crate::nn::ops::NORM_EPSILON;
use burn::module::{Param, RunningState};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Reads tensors one by one, onto a device.
pub(crate) struct Layers<'a, B: Backend> {
    pub(crate) from: Tensors<'a>,
    device: &'a B::Device,
    /// What the file's norms add to a variance.
    epsilon: f32,
}

impl<'a, B: Backend> Layers<'a, B> {
    /// Of a file that should be `wanted`, whose batch norms add `epsilon` to a variance.
    pub(crate) fn new(
        weights: &'a Weights,
        wanted: &'static str,
        epsilon: f32,
        device: &'a B::Device,
    ) -> Self {
        Self {
            from: weights.tensors(wanted),
            device,
            epsilon,
        }
    }

    pub(crate) fn param<const D: usize>(
        &self,
        values: Vec<f32>,
        shape: [usize; D],
    ) -> Param<Tensor<B, D>> {
        Param::from_data(TensorData::new(values, shape), self.device)
    }

    /// `[values]`, such as a bias.
    pub(crate) fn row(&mut self, key: &str, values: usize) -> Result<Param<Tensor<B, 1>>, Error> {
        let row = self.from.take(key, &[values])?;
        Ok(self.param(row, [values]))
    }

    /// The four rows of a batch norm.
    pub(crate) fn norm(&mut self, key: &str, channels: usize) -> Result<NormRelu<B>, Error> {
        let mut row = |part: &str| self.from.take(&format!("{key}.{part}"), &[channels]);
        let [gamma, beta, mean] = [row("weight")?, row("bias")?, row("running_mean")?];
        let mut variance = row("running_var")?;
        if let Some(least) = variance.iter().copied().find(|&v| v < 0.0) {
            return Err(self.from.bad_value(&format!("{key}.running_var"), least));
        }
        if self.epsilon != NORM_EPSILON {
            for variance in &mut variance {
                *variance += self.epsilon - NORM_EPSILON;
            }
        }
        let state = |values: Vec<f32>| {
            let data = TensorData::new(values, [channels]);
            RunningState::new(Tensor::from_data(data, self.device))
        };
        Ok(NormRelu {
            gamma: self.param(gamma, [channels]),
            beta: self.param(beta, [channels]),
            mean: state(mean),
            variance: state(variance),
            fixed: false,
        })
    }
}

/// `[out, from]` to `[from, out]`.
pub(crate) fn transposed(values: &[f32], from: usize) -> Vec<f32> {
    let to = values.len() / from;
    (0..values.len())
        .map(|at| values[at % to * from + at / to])
        .collect()
}
