//! CPU kernels of the recurrent cells: one batch item after the other through all its steps, items side by side on threads.
//!
//! What can be one large matrix product is not here: the products of the inputs before, the weights' gradient after.

use super::recurrent::Cell;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Partial sums of a dot product, so that they fill a register.
const LANES: usize = 16;

/// What a pass over the sequence gives.
pub(crate) struct Pass {
    /// `[batch, steps, hidden]`.
    pub(crate) states: Vec<f32>,
    /// `[batch, steps, kept, hidden]`: see [`Cell::kept`].
    pub(crate) kept: Vec<f32>,
}

/// All steps from zeros.
///
/// # Shape
/// `x` `[batch, steps, gates * hidden]`, weight `[hidden, gates * hidden]`, bias `[gates * hidden]`.
pub(crate) fn forward(
    cell: Cell,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    [batch, steps]: [usize; 2],
) -> Pass {
    let width = bias.len();
    let hidden = width / cell.gates();
    let mut pass = Pass {
        states: vec![0.0; batch * steps * hidden],
        kept: vec![0.0; batch * steps * cell.kept() * hidden],
    };
    pass.states
        .par_chunks_mut(steps * hidden)
        .zip(pass.kept.par_chunks_mut(steps * cell.kept() * hidden))
        .enumerate()
        .for_each(|(item, (states, kept))| {
            let x = &x[item * steps * width..][..steps * width];
            let (mut state, mut memory) = (vec![0.0; hidden], vec![0.0; hidden]);
            let mut recurrent = vec![0.0; width];
            for ((x, out), kept) in x
                .chunks_exact(width)
                .zip(states.chunks_exact_mut(hidden))
                .zip(kept.chunks_exact_mut(cell.kept() * hidden))
            {
                recurrent.copy_from_slice(bias);
                for (value, row) in state.iter().zip(weight.chunks_exact(width)) {
                    for (sum, weight) in recurrent.iter_mut().zip(row) {
                        *sum += value * weight;
                    }
                }
                match cell {
                    Cell::Lstm => lstm_step(x, &recurrent, &mut memory, &mut state, kept),
                    Cell::Gru => gru_step(x, &recurrent, &mut state, kept),
                }
                out.copy_from_slice(&state);
            }
        });
    pass
}

fn sigmoid(x: f32) -> f32 {
    (1.0 + (-x).exp()).recip()
}

fn lstm_step(
    x: &[f32],
    recurrent: &[f32],
    memory: &mut [f32],
    state: &mut [f32],
    kept: &mut [f32],
) {
    let hidden = state.len();
    for unit in 0..hidden {
        let gate = |index: usize| x[index * hidden + unit] + recurrent[index * hidden + unit];
        let (input, forget) = (sigmoid(gate(0)), sigmoid(gate(1)));
        let (new, output) = (gate(2).tanh(), sigmoid(gate(3)));
        memory[unit] = forget * memory[unit] + input * new;
        state[unit] = output * memory[unit].tanh();
        for (index, value) in [input, forget, new, output, memory[unit]]
            .iter()
            .enumerate()
        {
            kept[index * hidden + unit] = *value;
        }
    }
}

fn gru_step(x: &[f32], recurrent: &[f32], state: &mut [f32], kept: &mut [f32]) {
    let hidden = state.len();
    for unit in 0..hidden {
        let gate = |index: usize| x[index * hidden + unit] + recurrent[index * hidden + unit];
        let (update, reset) = (sigmoid(gate(0)), sigmoid(gate(1)));
        let past = recurrent[2 * hidden + unit];
        let new = (x[2 * hidden + unit] + reset * past).tanh();
        state[unit] = (1.0 - update) * new + update * state[unit];
        for (index, value) in [update, reset, new, past].iter().enumerate() {
            kept[index * hidden + unit] = *value;
        }
    }
}

/// Gradients of [`forward`] for the products of the inputs and for those of the hidden states, both
/// `[batch, steps, gates * hidden]`.
pub(crate) struct Gradient {
    pub(crate) x: Vec<f32>,
    pub(crate) recurrent: Vec<f32>,
}

/// Backward through all steps, given the states and what was kept, and the gradient of every state.
pub(crate) fn backward(
    cell: Cell,
    weight: &[f32],
    [states, kept]: [&[f32]; 2],
    gradient: &[f32],
    [batch, steps, hidden]: [usize; 3],
) -> Gradient {
    let width = cell.gates() * hidden;
    let mut out = Gradient {
        x: vec![0.0; batch * steps * width],
        recurrent: vec![0.0; batch * steps * width],
    };
    out.x
        .par_chunks_mut(steps * width)
        .zip(out.recurrent.par_chunks_mut(steps * width))
        .enumerate()
        .for_each(|(item, (dx, dr))| {
            let of_item = |row: usize| item * steps * row..(item + 1) * steps * row;
            let states = &states[of_item(hidden)];
            let kept = &kept[of_item(cell.kept() * hidden)];
            let gradient = &gradient[of_item(hidden)];
            let (mut d_state, mut d_memory) = (vec![0.0; hidden], vec![0.0; hidden]);
            for step in (0..steps).rev() {
                let kept_at =
                    |step: usize| &kept[step * cell.kept() * hidden..][..cell.kept() * hidden];
                for (sum, gradient) in d_state.iter_mut().zip(&gradient[step * hidden..]) {
                    *sum += gradient;
                }
                let (dx, dr) = (
                    &mut dx[step * width..][..width],
                    &mut dr[step * width..][..width],
                );
                match cell {
                    Cell::Lstm => {
                        let before = (step > 0).then(|| &kept_at(step - 1)[4 * hidden..]);
                        lstm_back(kept_at(step), before, &mut d_state, &mut d_memory, dx, dr);
                    }
                    Cell::Gru => {
                        let before = (step > 0).then(|| &states[(step - 1) * hidden..][..hidden]);
                        gru_back(kept_at(step), before, &mut d_state, dx, dr);
                    }
                }
                for (sum, row) in d_state.iter_mut().zip(weight.chunks_exact(width)) {
                    *sum += dot(row, dr);
                }
            }
        });
    out
}

/// Gradients of one LSTM step; `d_state` becomes what reaches the state before directly, which is nothing.
fn lstm_back(
    kept: &[f32],
    memory_before: Option<&[f32]>,
    d_state: &mut [f32],
    d_memory: &mut [f32],
    dx: &mut [f32],
    dr: &mut [f32],
) {
    let hidden = d_state.len();
    for unit in 0..hidden {
        let [input, forget, new, output, memory] =
            std::array::from_fn(|index| kept[index * hidden + unit]);
        let before = memory_before.map_or(0.0, |memory| memory[unit]);
        let squashed = memory.tanh();
        let d_output = d_state[unit] * squashed;
        let d = d_memory[unit] + d_state[unit] * output * (1.0 - squashed * squashed);
        let gates = [
            d * new * input * (1.0 - input),
            d * before * forget * (1.0 - forget),
            d * input * (1.0 - new * new),
            d_output * output * (1.0 - output),
        ];
        for (index, gate) in gates.into_iter().enumerate() {
            dx[index * hidden + unit] = gate;
            dr[index * hidden + unit] = gate;
        }
        d_memory[unit] = d * forget;
        d_state[unit] = 0.0;
    }
}

/// Gradients of one GRU step; `d_state` becomes what reaches the state before directly.
fn gru_back(
    kept: &[f32],
    state_before: Option<&[f32]>,
    d_state: &mut [f32],
    dx: &mut [f32],
    dr: &mut [f32],
) {
    let hidden = d_state.len();
    for unit in 0..hidden {
        let [update, reset, new, past] = std::array::from_fn(|index| kept[index * hidden + unit]);
        let before = state_before.map_or(0.0, |state| state[unit]);
        let d_new = d_state[unit] * (1.0 - update) * (1.0 - new * new);
        let d_update = d_state[unit] * (before - new) * update * (1.0 - update);
        let d_reset = d_new * past * reset * (1.0 - reset);
        for (index, (of_x, of_state)) in [
            (d_update, d_update),
            (d_reset, d_reset),
            (d_new, d_new * reset),
        ]
        .into_iter()
        .enumerate()
        {
            dx[index * hidden + unit] = of_x;
            dr[index * hidden + unit] = of_state;
        }
        d_state[unit] *= update;
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_groups, b_groups) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_groups.remainder().iter().zip(b_groups.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_groups.zip(b_groups) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}
