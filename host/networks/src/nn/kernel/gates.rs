//! One step of a recurrent cell on one item, forward and back: loops over hidden units without a branch or a call.

use super::wide::wide;

/// Magnitude beyond which e to the x is taken to be that of the limit: both lie well within f32.
const EXP_LIMIT: f32 = 87.0;

/// e to the x.
///
/// # Accuracy
/// Within 1.5e-7 of it, relative, for |x| up to 87: `the_exponential_is_accurate`. Not a number stays none.
///
/// # Source
/// Cephes, `expf`: Cody and Waite's reduction to |r| <= ln 2 / 2 and a polynomial of degree 5 of the rest; the
/// library's own would be a call for each value.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number, whose low bits the sum then ends in.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > EXP_LIMIT { EXP_LIMIT } else { x };
    let x = if x < -EXP_LIMIT { -EXP_LIMIT } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let mut p = 1.987_569_1e-4;
    for coefficient in [
        1.398_2e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = p * r + coefficient;
    }
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (p * r * r + r + 1.0) * power
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// The `N` rows of `hidden` values each that `values` begins with.
#[inline(always)]
fn rows<const N: usize>(values: &[f32], hidden: usize) -> [&[f32]; N] {
    std::array::from_fn(|row| &values[row * hidden..][..hidden])
}

/// As [`rows`], to be written.
#[inline(always)]
fn rows_mut<const N: usize>(mut values: &mut [f32], hidden: usize) -> [&mut [f32]; N] {
    std::array::from_fn(|_| {
        let (row, rest) = std::mem::take(&mut values).split_at_mut(hidden);
        values = rest;
        row
    })
}

/// Gates are those of [`crate::nn::cell::Cell`]; `kept` gets them and the memory.
pub(super) fn lstm_step(
    x: &[f32],
    recurrent: &[f32],
    memory: &mut [f32],
    state: &mut [f32],
    kept: &mut [f32],
) {
    let hidden = state.len();
    wide(
        #[inline(always)]
        || {
            let (x, r) = (rows::<4>(x, hidden), rows::<4>(recurrent, hidden));
            let [i, f, n, o, m] = rows_mut::<5>(kept, hidden);
            let (memory, state) = (&mut memory[..hidden], &mut state[..hidden]);
            for unit in 0..hidden {
                i[unit] = sigmoid(x[0][unit] + r[0][unit]);
                f[unit] = sigmoid(x[1][unit] + r[1][unit]);
                n[unit] = tanh(x[2][unit] + r[2][unit]);
                o[unit] = sigmoid(x[3][unit] + r[3][unit]);
                memory[unit] = f[unit] * memory[unit] + i[unit] * n[unit];
                m[unit] = memory[unit];
                state[unit] = o[unit] * tanh(memory[unit]);
            }
        },
    );
}

/// `kept` gets the gates and the recurrent part of the new state.
pub(super) fn gru_step(x: &[f32], recurrent: &[f32], state: &mut [f32], kept: &mut [f32]) {
    let hidden = state.len();
    wide(
        #[inline(always)]
        || {
            let (x, r) = (rows::<3>(x, hidden), rows::<3>(recurrent, hidden));
            let [u, reset, n, past] = rows_mut::<4>(kept, hidden);
            let state = &mut state[..hidden];
            for unit in 0..hidden {
                u[unit] = sigmoid(x[0][unit] + r[0][unit]);
                reset[unit] = sigmoid(x[1][unit] + r[1][unit]);
                past[unit] = r[2][unit];
                n[unit] = tanh(x[2][unit] + reset[unit] * past[unit]);
                state[unit] = (1.0 - u[unit]) * n[unit] + u[unit] * state[unit];
            }
        },
    );
}

/// Gradients of one LSTM step for the products of input and state, `[dx, dr]`; `d_state` becomes what reaches the state
/// before directly, which is nothing.
pub(super) fn lstm_back(
    kept: &[f32],
    memory_before: Option<&[f32]>,
    d_state: &mut [f32],
    d_memory: &mut [f32],
    [dx, dr]: [&mut [f32]; 2],
) {
    let hidden = d_state.len();
    let zeros;
    let before = match memory_before {
        Some(before) => before,
        None => {
            zeros = vec![0.0; hidden];
            &zeros
        }
    };
    wide(
        #[inline(always)]
        || {
            let [i, f, n, o, m] = rows::<5>(kept, hidden);
            let [di, df, dn, d_o] = rows_mut::<4>(dx, hidden);
            let (d_state, d_memory) = (&mut d_state[..hidden], &mut d_memory[..hidden]);
            let before = &before[..hidden];
            for unit in 0..hidden {
                let squashed = tanh(m[unit]);
                let d_output = d_state[unit] * squashed;
                let d = d_memory[unit] + d_state[unit] * o[unit] * (1.0 - squashed * squashed);
                di[unit] = d * n[unit] * i[unit] * (1.0 - i[unit]);
                df[unit] = d * before[unit] * f[unit] * (1.0 - f[unit]);
                dn[unit] = d * i[unit] * (1.0 - n[unit] * n[unit]);
                d_o[unit] = d_output * o[unit] * (1.0 - o[unit]);
                d_memory[unit] = d * f[unit];
                d_state[unit] = 0.0;
            }
        },
    );
    dr.copy_from_slice(dx);
}

/// Gradients of one GRU step for the products of input and state, `[dx, dr]`; `d_state` becomes what reaches the state
/// before directly.
pub(super) fn gru_back(
    kept: &[f32],
    state_before: Option<&[f32]>,
    d_state: &mut [f32],
    [dx, dr]: [&mut [f32]; 2],
) {
    let hidden = d_state.len();
    let [update, reset, new, past] = rows::<4>(kept, hidden);
    let [dxu, dxr, dxn] = rows_mut::<3>(dx, hidden);
    let [dru, drr, drn] = rows_mut::<3>(dr, hidden);
    for unit in 0..hidden {
        let before = state_before.map_or(0.0, |state| state[unit]);
        let d_new = d_state[unit] * (1.0 - update[unit]) * (1.0 - new[unit] * new[unit]);
        let d_update = d_state[unit] * (before - new[unit]) * update[unit] * (1.0 - update[unit]);
        let d_reset = d_new * past[unit] * reset[unit] * (1.0 - reset[unit]);
        (dxu[unit], dru[unit]) = (d_update, d_update);
        (dxr[unit], drr[unit]) = (d_reset, d_reset);
        (dxn[unit], drn[unit]) = (d_new, d_new * reset[unit]);
        d_state[unit] *= update[unit];
    }
}

#[cfg(test)]
mod tests {
    use super::{EXP_LIMIT, exp, sigmoid, tanh};

    #[test]
    fn the_exponential_is_accurate() {
        let steps = 400_000;
        for step in 0..=steps {
            let x = EXP_LIMIT * (2.0 * step as f32 / steps as f32 - 1.0);
            let exact = f64::from(x).exp();
            let off = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(off <= 1.5e-7, "{x}: {off:e} off");
            let off = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            assert!(off <= 2e-7, "tanh {x}: {off:e} off");
        }
    }

    #[test]
    fn the_ends_are_the_limits_and_what_is_no_number_stays_none() {
        assert_eq!([sigmoid(1e30), sigmoid(-1e30) + 1.0], [1.0, 1.0]);
        assert_eq!([tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)], [1.0, -1.0]);
        assert!(sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }
}
