//! Batch norm over rows of channels with its activation, and its gradients: two passes over memory each.

use super::sum::sum_in_order;
use super::wide::wide;
use crate::nn::bounds::Bounds;
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut,
};

/// What [`forward`] gives: the output and the batch's mean and (biased) variance per channel.
pub struct Output {
    pub(crate) y: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// Batch norm over all rows of `[rows, channels]`, then the activation. `items` is the batch size that rows divide
/// into.
pub fn forward(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    items: usize,
    epsilon: f32,
    bounds: Bounds,
) -> Output {
    let channels = gamma.len();
    let chunk = x.len() / items;
    // Each item's own mean first: its values are still at hand when they are looked at again for the squares.
    let parts: Vec<[Vec<f32>; 2]> = (0..items)
        .into_par_iter()
        .map(|item| {
            let x = &x[item * chunk..][..chunk];
            let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
            wide(
                #[inline(always)]
                || {
                    let (mean, squares) = (&mut mean[..channels], &mut squares[..channels]);
                    for row in x.chunks_exact(channels) {
                        for (sum, x) in mean.iter_mut().zip(row) {
                            *sum += x;
                        }
                    }
                    let share = (channels as f32) / chunk as f32;
                    mean.iter_mut().for_each(|sum| *sum *= share);
                    for row in x.chunks_exact(channels) {
                        for ((sum, x), mean) in squares.iter_mut().zip(row).zip(&*mean) {
                            let off = x - mean;
                            *sum += off * off;
                        }
                    }
                },
            );
            [mean, squares]
        })
        .collect();
    let [mean, variance] = pooled(&parts, (chunk / channels) as f64);
    let (scale, shift) = scale_shift(&mean, &variance, gamma, beta, epsilon);
    let y = scale_shift_bounded(x, &scale, &shift, items, bounds);
    Output { y, mean, variance }
}

/// `x * scale + shift` by channel, then the activation: a norm whose statistics are given.
pub fn scale_shift_bounded(
    x: &[f32],
    scale: &[f32],
    shift: &[f32],
    items: usize,
    bounds: Bounds,
) -> Vec<f32> {
    let (channels, chunk) = (scale.len(), x.len() / items);
    let mut y = vec![0.0; x.len()];
    y.par_chunks_mut(chunk).enumerate().for_each(|(item, y)| {
        let x = &x[item * chunk..][..chunk];
        wide(
            #[inline(always)]
            || {
                for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    for (((y, x), scale), shift) in y.iter_mut().zip(x).zip(scale).zip(shift) {
                        *y = bounds.hold(x * scale + shift);
                    }
                }
            },
        );
    });
    y
}

/// Gradient of [`scale_shift_bounded`] for its input, given its output and that output's gradient.
pub fn scale_shift_bounded_backward(
    y: &[f32],
    scale: &[f32],
    gradient: &[f32],
    items: usize,
    bounds: Bounds,
) -> Vec<f32> {
    let (channels, chunk) = (scale.len(), y.len() / items);
    let mut dx = vec![0.0; y.len()];
    dx.par_chunks_mut(chunk).enumerate().for_each(|(item, dx)| {
        let y = y[item * chunk..][..chunk].chunks_exact(channels);
        let gradient = gradient[item * chunk..][..chunk].chunks_exact(channels);
        wide(
            #[inline(always)]
            || {
                for ((dx, y), gradient) in dx.chunks_exact_mut(channels).zip(y).zip(gradient) {
                    for (((dx, y), gradient), scale) in
                        dx.iter_mut().zip(y).zip(gradient).zip(scale)
                    {
                        *dx = if bounds.passes(*y) {
                            scale * gradient
                        } else {
                            0.0
                        };
                    }
                }
            },
        );
    });
    dx
}

/// Gradients of [`forward`] for gamma and beta.
pub struct Gradient {
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
}

/// The tensors that [`backward`] needs from the forward pass.
pub struct Input<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) variance: &'a [f32],
}

/// Gradients of [`forward`], given that of its output, whose place the input's takes: memory that is new costs more
/// than what is done with it here.
pub fn backward(
    input: &Input<'_>,
    gradient: &mut [f32],
    items: usize,
    epsilon: f32,
    bounds: Bounds,
) -> Gradient {
    let Input {
        x,
        gamma,
        beta,
        mean,
        variance,
    } = *input;
    let channels = gamma.len();
    let chunk = x.len() / items;
    let rows = (x.len() / channels) as f32;
    let (scale, shift) = scale_shift(mean, variance, gamma, beta, epsilon);
    let inverse: Vec<f32> = variance
        .iter()
        .map(|v| (v + epsilon).sqrt().recip())
        .collect();
    let parts: Vec<(Vec<f32>, Vec<f32>)> = (0..items)
        .into_par_iter()
        .map(|item| {
            let (mut direct, mut centred) = (vec![0.0; channels], vec![0.0; channels]);
            let rows = x[item * chunk..][..chunk].chunks_exact(channels);
            let gradients = gradient[item * chunk..][..chunk].chunks_exact(channels);
            wide(
                #[inline(always)]
                || {
                    // Slices of one known length let the compiler drop the bounds checks and vectorise.
                    let (mean, scale, shift) =
                        (&mean[..channels], &scale[..channels], &shift[..channels]);
                    let (direct, centred) = (&mut direct[..channels], &mut centred[..channels]);
                    for (x, g) in rows.zip(gradients) {
                        let (x, g) = (&x[..channels], &g[..channels]);
                        for c in 0..channels {
                            let passes = bounds.passes(x[c] * scale[c] + shift[c]);
                            let g = if passes { g[c] } else { 0.0 };
                            direct[c] += g;
                            centred[c] += g * (x[c] - mean[c]);
                        }
                    }
                },
            );
            (direct, centred)
        })
        .collect();
    let (direct, centred): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let d_beta = sum_in_order(&direct, channels);
    let mut d_gamma = sum_in_order(&centred, channels);
    for (d, inverse) in d_gamma.iter_mut().zip(&inverse) {
        *d *= inverse;
    }
    // dx = scale * (g - mean(g) - x_hat * mean(g * x_hat)), as one multiply-add per element.
    let slope: Vec<f32> = (0..channels)
        .map(|c| scale[c] * d_gamma[c] * inverse[c] / rows)
        .collect();
    let offset: Vec<f32> = (0..channels)
        .map(|c| slope[c] * mean[c] - scale[c] * d_beta[c] / rows)
        .collect();
    gradient
        .par_chunks_mut(chunk)
        .enumerate()
        .for_each(|(item, gradient)| {
            let rows = x[item * chunk..][..chunk].chunks_exact(channels);
            wide(
                #[inline(always)]
                || {
                    let (scale, shift) = (&scale[..channels], &shift[..channels]);
                    let (slope, offset) = (&slope[..channels], &offset[..channels]);
                    for (g, x) in gradient.chunks_exact_mut(channels).zip(rows) {
                        let (g, x) = (&mut g[..channels], &x[..channels]);
                        for c in 0..channels {
                            let passes = bounds.passes(x[c] * scale[c] + shift[c]);
                            let of_y = if passes { g[c] } else { 0.0 };
                            g[c] = scale[c] * of_y - slope[c] * x[c] + offset[c];
                        }
                    }
                },
            );
        });
    Gradient {
        gamma: d_gamma,
        beta: d_beta,
    }
}

fn scale_shift(
    mean: &[f32],
    variance: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> = gamma
        .iter()
        .zip(variance)
        .map(|(g, v)| g / (v + epsilon).sqrt())
        .collect();
    let shift = beta
        .iter()
        .zip(mean)
        .zip(&scale)
        .map(|((b, m), s)| b - m * s)
        .collect();
    (scale, shift)
}

/// Mean and (biased) variance over all items out of each item's mean and sum of squares around it, over `rows` rows
/// each.
fn pooled(parts: &[[Vec<f32>; 2]], rows: f64) -> [Vec<f32>; 2] {
    let channels = parts.first().map_or(0, |[mean, _]| mean.len());
    let items = parts.len() as f64;
    let over_items = |of: &dyn Fn(&[Vec<f32>; 2]) -> f64| parts.iter().map(of).sum::<f64>() / items;
    (0..channels)
        .map(|c| {
            let mean = over_items(&|[mean, _]| f64::from(mean[c]));
            let within = over_items(&|[_, squares]| f64::from(squares[c])) / rows;
            let between = over_items(&|[item, _]| (f64::from(item[c]) - mean).powi(2));
            (mean as f32, (within + between) as f32)
        })
        .unzip::<_, _, Vec<f32>, Vec<f32>>()
        .into()
}
