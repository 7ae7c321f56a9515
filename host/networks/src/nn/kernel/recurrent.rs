//! Recurrent cells over whole sequences, forward and back, `[batch, steps, ..]`: a few batch items at a time through
//! all their steps, groups of items side by side on threads.
//!
//! What can be one large matrix product is not here: the products of the inputs before, the weights' gradient after. An
//! item's values do not depend on the items beside it: sums run in the same order whatever the group.

use super::gates::{gru_back, gru_step, lstm_back, lstm_step};
use super::wide::wide;
use crate::nn::cell::Cell;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Columns of a product whose sums are held in registers.
const LANES: usize = 16;
/// Items that share each load of a weight.
const GROUP: usize = 4;

/// What a pass over the sequence gives.
pub struct Forward {
    /// `[batch, steps, hidden]`.
    pub(crate) states: Vec<f32>,
    /// `[batch, steps, kept, hidden]`: see [`Cell::kept`].
    pub(crate) kept: Vec<f32>,
}

/// All steps from zeros.
///
/// # Shape
/// `x` `[batch, steps, gates * hidden]`, weight `[hidden, gates * hidden]`, bias `[gates * hidden]`.
pub fn forward(
    cell: Cell,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    [batch, steps]: [usize; 2],
) -> Forward {
    let width = bias.len();
    let hidden = width / cell.gates();
    let mut pass = Forward {
        states: vec![0.0; batch * steps * hidden],
        kept: vec![0.0; batch * steps * cell.kept() * hidden],
    };
    let kept_len = cell.kept() * hidden;
    pass.states
        .par_chunks_mut(GROUP * steps * hidden)
        .zip(pass.kept.par_chunks_mut(GROUP * steps * kept_len))
        .enumerate()
        .for_each(|(group, (states, kept))| {
            let items = states.len() / (steps * hidden);
            let x = &x[group * GROUP * steps * width..][..items * steps * width];
            let (mut state, mut memory) = (vec![0.0; items * hidden], vec![0.0; items * hidden]);
            let mut recurrent = vec![0.0; items * width];
            for step in 0..steps {
                products(&state, weight, Some(bias), &mut recurrent, width);
                for item in 0..items {
                    let x = &x[(item * steps + step) * width..][..width];
                    let recurrent = &recurrent[item * width..][..width];
                    let kept = &mut kept[(item * steps + step) * kept_len..][..kept_len];
                    let memory = &mut memory[item * hidden..][..hidden];
                    let state = &mut state[item * hidden..][..hidden];
                    match cell {
                        Cell::Lstm => lstm_step(x, recurrent, memory, state, kept),
                        Cell::Gru => gru_step(x, recurrent, state, kept),
                    }
                    states[(item * steps + step) * hidden..][..hidden].copy_from_slice(state);
                }
            }
        });
    pass
}

/// Rows times a matrix, `[rows, in]` by `[in, out]`, on top of a bias.
fn products(rows: &[f32], matrix: &[f32], bias: Option<&[f32]>, out: &mut [f32], width: usize) {
    let inner = matrix.len() / width;
    let mut rows = rows.chunks_exact(GROUP * inner);
    let mut outs = out.chunks_exact_mut(GROUP * width);
    for (rows, out) in rows.by_ref().zip(outs.by_ref()) {
        block::<GROUP>(rows, matrix, bias, out, [inner, width]);
    }
    let rest = rows.remainder().chunks_exact(inner);
    for (row, out) in rest.zip(outs.into_remainder().chunks_exact_mut(width)) {
        block::<1>(row, matrix, bias, out, [inner, width]);
    }
}

/// [`products`] of so many rows, with [`LANES`] columns of each in registers.
fn block<const ROWS: usize>(
    rows: &[f32],
    matrix: &[f32],
    bias: Option<&[f32]>,
    out: &mut [f32],
    [inner, width]: [usize; 2],
) {
    wide(
        #[inline(always)]
        || {
            let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &rows[row * inner..][..inner]);
            let whole = width / LANES * LANES;
            for column in (0..whole).step_by(LANES) {
                let mut first = [0.0; LANES];
                if let Some(bias) = bias {
                    first.copy_from_slice(&bias[column..column + LANES]);
                }
                let mut sums = [first; ROWS];
                for (index, matrix) in matrix.chunks_exact(width).enumerate() {
                    let matrix = &matrix[column..column + LANES];
                    for row in 0..ROWS {
                        let value = rows[row][index];
                        for lane in 0..LANES {
                            sums[row][lane] += value * matrix[lane];
                        }
                    }
                }
                for (row, sums) in sums.iter().enumerate() {
                    out[row * width + column..][..LANES].copy_from_slice(sums);
                }
            }
            for column in whole..width {
                for (row, values) in rows.iter().enumerate() {
                    let first = bias.map_or(0.0, |bias| bias[column]);
                    let matrix = matrix.chunks_exact(width).map(|matrix| matrix[column]);
                    out[row * width + column] = values
                        .iter()
                        .zip(matrix)
                        .fold(first, |sum, (value, weight)| sum + value * weight);
                }
            }
        },
    );
}

/// Gradients of [`forward`] for the products of the inputs and for those of the hidden states, both
/// `[batch, steps, gates * hidden]`.
pub struct Gradient {
    pub(crate) x: Vec<f32>,
    pub(crate) recurrent: Vec<f32>,
}

/// Backward through all steps, given the states and what was kept, and the gradient of every state.
pub fn backward(
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
    let transposed = transposed(weight, width);
    let kept_len = cell.kept() * hidden;
    out.x
        .par_chunks_mut(GROUP * steps * width)
        .zip(out.recurrent.par_chunks_mut(GROUP * steps * width))
        .enumerate()
        .for_each(|(group, (dx, dr))| {
            let items = dx.len() / (steps * width);
            let of_group =
                |row: usize| group * GROUP * steps * row..(group * GROUP + items) * steps * row;
            let states = &states[of_group(hidden)];
            let kept = &kept[of_group(kept_len)];
            let gradient = &gradient[of_group(hidden)];
            let (mut direct, mut d_memory) = (vec![0.0; items * hidden], vec![0.0; items * hidden]);
            let mut through = vec![0.0; items * hidden];
            let mut now = vec![0.0; items * width];
            for step in (0..steps).rev() {
                for item in 0..items {
                    let place = item * steps + step;
                    let direct = &mut direct[item * hidden..][..hidden];
                    let gradient = &gradient[place * hidden..][..hidden];
                    let through = &through[item * hidden..][..hidden];
                    for ((sum, gradient), through) in direct.iter_mut().zip(gradient).zip(through) {
                        *sum += gradient + through;
                    }
                    let dx = &mut dx[place * width..][..width];
                    let dr = &mut dr[place * width..][..width];
                    let kept_now = &kept[place * kept_len..][..kept_len];
                    match cell {
                        Cell::Lstm => {
                            let before =
                                (step > 0).then(|| &kept[place * kept_len - hidden..][..hidden]);
                            let d_memory = &mut d_memory[item * hidden..][..hidden];
                            lstm_back(kept_now, before, direct, d_memory, [dx, dr]);
                        }
                        Cell::Gru => {
                            let before =
                                (step > 0).then(|| &states[(place - 1) * hidden..][..hidden]);
                            gru_back(kept_now, before, direct, [dx, dr]);
                        }
                    }
                    now[item * width..][..width].copy_from_slice(dr);
                }
                products(&now, &transposed, None, &mut through, hidden);
            }
        });
    out
}

/// `[in, out]` to `[out, in]`.
fn transposed(matrix: &[f32], width: usize) -> Vec<f32> {
    (0..width)
        .flat_map(|column| matrix.iter().skip(column).step_by(width).copied())
        .collect()
}
