//! Depthwise convolution and its two gradients, channels last: inner loops over channels, which lie side by side.

use super::sum::sum_in_order;
use super::taps::{LANES, Plan};
use super::wide::wide;
use crate::nn::geometry::Geometry;
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut,
};

#[inline(always)]
fn lanes(values: &[f32], at: usize) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    out.copy_from_slice(&values[at..at + LANES]);
    out
}

/// `y[b, i, j, c] = sum over taps of x[b, .., .., c] * w[tap, c]`.
///
/// # Shape
/// `x` `[batch, height, width, channels]`, `weight` `[kernel height * kernel width, channels]`.
pub fn forward(x: &[f32], weight: &[f32], shape: [usize; 4], geometry: Geometry) -> Vec<f32> {
    let plan = Plan::new(geometry, shape);
    let mut y = vec![0.0; shape[0] * plan.output_len()];
    y.par_chunks_mut(plan.output_len())
        .enumerate()
        .for_each(|(item, y)| {
            let x = &x[item * plan.input_len()..][..plan.input_len()];
            wide(
                #[inline(always)]
                || {
                    plan.for_each_output(
                        #[inline(always)]
                        |at, taps| {
                            for group in (0..plan.channels).step_by(LANES) {
                                let mut sum = [0.0; LANES];
                                for &(from, tap) in taps {
                                    let (x, w) =
                                        (lanes(x, from + group), lanes(weight, tap + group));
                                    for lane in 0..LANES {
                                        sum[lane] += x[lane] * w[lane];
                                    }
                                }
                                y[at + group..at + group + LANES].copy_from_slice(&sum);
                            }
                        },
                    );
                },
            );
        });
    y
}

/// Gradient of [`forward`] for its input.
pub fn input_gradient(
    weight: &[f32],
    gradient: &[f32],
    shape: [usize; 4],
    geometry: Geometry,
) -> Vec<f32> {
    let plan = Plan::new(geometry, shape);
    let mut dx = vec![0.0; shape[0] * plan.input_len()];
    dx.par_chunks_mut(plan.input_len())
        .enumerate()
        .for_each(|(item, dx)| {
            let gradient = &gradient[item * plan.output_len()..][..plan.output_len()];
            wide(
                #[inline(always)]
                || {
                    plan.for_each_input(
                        #[inline(always)]
                        |at, taps| {
                            for group in (0..plan.channels).step_by(LANES) {
                                let mut sum = [0.0; LANES];
                                for &(from, tap) in taps {
                                    let (g, w) =
                                        (lanes(gradient, from + group), lanes(weight, tap + group));
                                    for lane in 0..LANES {
                                        sum[lane] += g[lane] * w[lane];
                                    }
                                }
                                dx[at + group..at + group + LANES].copy_from_slice(&sum);
                            }
                        },
                    );
                },
            );
        });
    dx
}

/// Gradient of [`forward`] for its weight.
pub fn weight_gradient(
    x: &[f32],
    gradient: &[f32],
    shape: [usize; 4],
    geometry: Geometry,
) -> Vec<f32> {
    let plan = Plan::new(geometry, shape);
    let len = geometry.kernel[0] * geometry.kernel[1] * plan.channels;
    let parts: Vec<Vec<f32>> = (0..shape[0])
        .into_par_iter()
        .map(|item| {
            let x = &x[item * plan.input_len()..][..plan.input_len()];
            let gradient = &gradient[item * plan.output_len()..][..plan.output_len()];
            let mut dw = vec![0.0; len];
            wide(
                #[inline(always)]
                || {
                    plan.for_each_run(
                        #[inline(always)]
                        |tap, at, from, count| {
                            let step = geometry.stride[1] * plan.channels;
                            for group in (0..plan.channels).step_by(LANES) {
                                let mut sum = lanes(&dw, tap + group);
                                for column in 0..count {
                                    let g = lanes(gradient, at + column * plan.channels + group);
                                    let x = lanes(x, from + column * step + group);
                                    for lane in 0..LANES {
                                        sum[lane] += g[lane] * x[lane];
                                    }
                                }
                                dw[tap + group..tap + group + LANES].copy_from_slice(&sum);
                            }
                        },
                    );
                },
            );
            dw
        })
        .collect();
    sum_in_order(&parts, len)
}
