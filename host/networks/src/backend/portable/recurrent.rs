//! Recurrent cells and their gradients out of burn's own operations, step by step.

use crate::backend::recurrent_weight;
use crate::nn::cell::Cell;
use crate::nn::ops::{RecurrentState, Unrolled};
use crate::nn::primitive::{lift, lower};
use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

/// Gate `index` of `[batch, gates * hidden]`.
fn gate<B: Backend>(values: &Tensor<B, 2>, index: usize, hidden: usize) -> Tensor<B, 2> {
    let [batch, _] = values.dims();
    values
        .clone()
        .slice([0..batch, index * hidden..(index + 1) * hidden])
}

/// One step of `[batch, steps, width]`.
fn at_step<B: Backend>(values: &Tensor<B, 3>, step: usize) -> Tensor<B, 2> {
    let [batch, _, width] = values.dims();
    values
        .clone()
        .slice([0..batch, step..step + 1, 0..width])
        .reshape([batch, width])
}

pub(in crate::backend) fn forward<B: Backend>(
    cell: Cell,
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
) -> Unrolled<B> {
    let (x, weight) = (lift::<B, 3>(x), lift::<B, 2>(weight));
    let bias: Tensor<B, 2> = lift::<B, 1>(bias).unsqueeze();
    let [batch, steps, _] = x.dims();
    let [hidden, _] = weight.dims();
    let mut state = Tensor::<B, 2>::zeros([batch, hidden], &x.device());
    let mut memory = state.clone();
    let (mut states, mut kept) = (Vec::new(), Vec::new());
    for step in 0..steps {
        let input = at_step(&x, step);
        let past = state.clone().matmul(weight.clone()) + bias.clone();
        let both = |index| gate(&input, index, hidden) + gate(&past, index, hidden);
        match cell {
            Cell::Lstm => {
                let [i, f, o] = [0, 1, 3].map(|index| sigmoid(both(index)));
                let new = both(2).tanh();
                memory = f.clone() * memory + i.clone() * new.clone();
                state = o.clone() * memory.clone().tanh();
                kept.push(Tensor::cat(vec![i, f, new, o, memory.clone()], 1));
            }
            Cell::Gru => {
                let [update, reset] = [0, 1].map(|index| sigmoid(both(index)));
                let past = gate(&past, 2, hidden);
                let new = (gate(&input, 2, hidden) + reset.clone() * past.clone()).tanh();
                state = new.clone() + update.clone() * (state - new.clone());
                kept.push(Tensor::cat(vec![update, reset, new, past], 1));
            }
        }
        states.push(state.clone());
    }
    Unrolled {
        states: lower(Tensor::stack::<3>(states, 1)),
        kept: lower(Tensor::stack::<3>(kept, 1)),
    }
}

pub(super) fn backward<B: Backend>(
    cell: Cell,
    state: RecurrentState<B>,
    gradient: FloatTensor<B>,
) -> [FloatTensor<B>; 3] {
    let weight = lift::<B, 2>(state.weight).transpose();
    let (states, kept) = (
        lift::<B, 3>(state.out.states.clone()),
        lift::<B, 3>(state.out.kept),
    );
    let gradient = lift::<B, 3>(gradient);
    let [batch, steps, hidden] = states.dims();
    let zeros = Tensor::<B, 2>::zeros([batch, hidden], &states.device());
    let (mut d_state, mut d_memory) = (zeros.clone(), zeros.clone());
    let (mut dx, mut d_recurrent) = (Vec::new(), Vec::new());
    for step in (0..steps).rev() {
        let now = at_step(&kept, step);
        let d = d_state + at_step(&gradient, step);
        let slope = |gate: Tensor<B, 2>| gate.clone() * (gate.neg() + 1.0);
        let (of_x, of_state, direct) = match cell {
            Cell::Lstm => {
                let [i, f, new, o, memory] = [0, 1, 2, 3, 4].map(|index| gate(&now, index, hidden));
                let before = match step {
                    0 => zeros.clone(),
                    _ => gate(&at_step(&kept, step - 1), 4, hidden),
                };
                let squashed = memory.tanh();
                let through = o.clone() * (squashed.clone().powi_scalar(2).neg() + 1.0);
                let dm = d_memory + d.clone() * through;
                let all = vec![
                    dm.clone() * new.clone() * slope(i.clone()),
                    dm.clone() * before * slope(f.clone()),
                    dm.clone() * i * (new.powi_scalar(2).neg() + 1.0),
                    d * squashed * slope(o),
                ];
                d_memory = dm * f;
                let all = Tensor::cat(all, 1);
                (all.clone(), all, zeros.clone())
            }
            Cell::Gru => {
                let [update, reset, new, past] =
                    [0, 1, 2, 3].map(|index| gate(&now, index, hidden));
                let before = match step {
                    0 => zeros.clone(),
                    _ => at_step(&states, step - 1),
                };
                let keeps = update.clone().neg() + 1.0;
                let d_new = d.clone() * keeps * (new.clone().powi_scalar(2).neg() + 1.0);
                let d_update = d.clone() * (before - new) * slope(update.clone());
                let d_reset = d_new.clone() * past * slope(reset.clone());
                let of = |new| Tensor::cat(vec![d_update.clone(), d_reset.clone(), new], 1);
                (of(d_new.clone()), of(d_new * reset), d * update)
            }
        };
        d_state = direct + of_state.clone().matmul(weight.clone());
        dx.push(of_x);
        d_recurrent.push(of_state);
    }
    dx.reverse();
    d_recurrent.reverse();
    let d_recurrent = lower(Tensor::stack::<3>(d_recurrent, 1));
    let [d_weight, d_bias] = recurrent_weight::gradients::<B>(state.out.states, d_recurrent);
    [lower(Tensor::stack::<3>(dx, 1)), d_weight, d_bias]
}
