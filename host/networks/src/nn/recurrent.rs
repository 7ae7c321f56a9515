//! Recurrent layers, `[batch, steps, in]` to the last state `[batch, hidden]`: the inputs of all steps are one matrix
//! product, the steps over time one operation.

use super::cell::Cell;
use super::layers::he_normal;
use super::ops::LayerOps;
use super::primitive::{lift, lower};
use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

/// A recurrent layer over a whole sequence, starting from zeros.
#[derive(Module, Debug)]
pub struct Recurrent<B: Backend> {
    /// `[in, gates * hidden]`.
    pub input: Param<Tensor<B, 2>>,
    /// `[gates * hidden]`, added to the products of the inputs.
    pub input_bias: Param<Tensor<B, 1>>,
    /// `[hidden, gates * hidden]`.
    pub weight: Param<Tensor<B, 2>>,
    /// `[gates * hidden]`, added to the products of the hidden states.
    pub bias: Param<Tensor<B, 1>>,
    /// Cell.
    #[module(skip)]
    pub cell: Cell,
}

impl<B: Backend> Recurrent<B> {
    /// Random weights; the forget gate of an LSTM starts open.
    pub fn new(
        cell: Cell,
        [inputs, hidden]: [usize; 2],
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self {
        let width = cell.gates() * hidden;
        let mut bias = vec![0.0_f32; width];
        if cell == Cell::Lstm {
            bias[hidden..2 * hidden].fill(1.0);
        }
        Self {
            // Half of He's variance: the gates are no rectifiers.
            input: he_normal([inputs, width], 2 * inputs, rng, device),
            input_bias: Param::from_tensor(Tensor::zeros([width], device)),
            weight: he_normal([hidden, width], 2 * hidden, rng, device),
            bias: Param::from_data(TensorData::new(bias, [width]), device),
            cell,
        }
    }

    /// Hidden units.
    pub fn hidden(&self) -> usize {
        self.weight.dims()[0]
    }
}

impl<B: LayerOps> Recurrent<B> {
    /// The hidden state after the last step.
    ///
    /// # Shape
    /// `[batch, steps, in]` to `[batch, hidden]`.
    pub fn last(&self, x: Tensor<B, 3>) -> Tensor<B, 2> {
        let [batch, steps, inputs] = x.dims();
        let [hidden, width] = self.weight.dims();
        let products = x
            .reshape([batch * steps, inputs])
            .matmul(self.input.val())
            .add(self.input_bias.val().unsqueeze())
            .reshape([batch, steps, width]);
        let out = B::recurrent(
            self.cell,
            lower(products),
            lower(self.weight.val()),
            lower(self.bias.val()),
        );
        let states: Tensor<B, 3> = lift(out.states);
        states
            .slice([0..batch, steps - 1..steps, 0..hidden])
            .reshape([batch, hidden])
    }
}
