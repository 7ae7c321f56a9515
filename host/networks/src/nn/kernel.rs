//! CPU kernels of the two layers that a training step on a CPU spends its time in, channels last.
//!
//! burn's CPU backends run a depthwise convolution's weight gradient group by group (one small convolution
//! a channel) and batch norm as some twenty passes over memory. Here each is one pass per direction whose inner
//! loop runs over channels, which lie side by side: see docs/models.md for what that is worth.
//!
//! Work is cut by batch item, and sums over the batch are added in item order, so the result has the same bits
//! however many threads there are.

use super::wide::wide;
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut,
};

/// Channels that one inner loop holds in registers; channel counts are multiples of it.
pub const LANES: usize = 16;

/// Geometry of a convolution on `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depthwise {
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Stride along height and width.
    pub stride: [usize; 2],
    /// Zeros along height and width; along a causal height it has no meaning.
    pub padding: [usize; 2],
    /// Where the zeros are.
    pub zeros: Zeros,
}

/// Where a convolution puts zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// Before and behind.
    Around,
    /// Behind alone: what TensorFlow's SAME puts to a kernel of 3 with stride 2.
    Behind,
    /// Along the width around; along the height before alone, as many as the kernel is longer than the stride, so that no
    /// output sees a row behind the rows that its stride covers.
    Causal,
}

impl Depthwise {
    /// Zeros before the first row and column.
    pub const fn before(&self) -> [usize; 2] {
        match self.zeros {
            Zeros::Around => self.padding,
            Zeros::Behind => [0, 0],
            Zeros::Causal => [self.kernel[0] - self.stride[0], self.padding[1]],
        }
    }

    /// Zeros behind the last row and column.
    pub const fn behind(&self) -> [usize; 2] {
        match self.zeros {
            Zeros::Around | Zeros::Behind => self.padding,
            Zeros::Causal => [0, self.padding[1]],
        }
    }

    /// Output height and width for an input of that height and width.
    pub fn output(&self, input: [usize; 2]) -> [usize; 2] {
        let (before, behind) = (self.before(), self.behind());
        [0, 1].map(|axis| {
            (input[axis] + before[axis] + behind[axis] - self.kernel[axis]) / self.stride[axis] + 1
        })
    }
}

/// Least and largest output of a layer: what its activation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Nothing below.
    pub least: f32,
    /// Nothing above.
    pub most: f32,
}

impl Bounds {
    /// No activation.
    pub const LINEAR: Self = Self {
        least: f32::NEG_INFINITY,
        most: f32::INFINITY,
    };
    /// ReLU.
    pub const RELU: Self = Self {
        least: 0.0,
        most: f32::INFINITY,
    };
    /// ReLU6.
    pub const RELU6: Self = Self {
        least: 0.0,
        most: 6.0,
    };

    /// The value within the bounds; what is no number stays none, so that a diverging run is noticed.
    #[inline(always)]
    const fn hold(self, value: f32) -> f32 {
        let value = if value < self.least {
            self.least
        } else {
            value
        };
        if value > self.most { self.most } else { value }
    }

    /// Whether a value's gradient passes.
    #[inline(always)]
    const fn passes(self, value: f32) -> bool {
        // Both comparisons always, so that a loop has no branch.
        (value > self.least) & (value < self.most)
    }
}

/// One call's sizes: geometry and `[batch, height, width, channels]` of the input.
#[derive(Clone, Copy)]
struct Plan {
    geometry: Depthwise,
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
}

impl Plan {
    fn new(geometry: Depthwise, shape: [usize; 4]) -> Self {
        let [_, height, width, channels] = shape;
        assert!(
            channels.is_multiple_of(LANES),
            "channel counts are multiples of {LANES}"
        );
        Self {
            geometry,
            input: [height, width],
            output: geometry.output([height, width]),
            channels,
        }
    }

    fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }

    /// Calls `visit(output offset, [(input offset, kernel offset)])` for every output of one item.
    #[inline(always)]
    fn for_each_output(&self, mut visit: impl FnMut(usize, &[(usize, usize)])) {
        let Depthwise { kernel, stride, .. } = self.geometry;
        let padding = self.geometry.before();
        let mut taps = Vec::with_capacity(kernel[0] * kernel[1]);
        for row in 0..self.output[0] {
            for column in 0..self.output[1] {
                taps.clear();
                for kernel_row in 0..kernel[0] {
                    let Some(y) = (row * stride[0] + kernel_row).checked_sub(padding[0]) else {
                        continue;
                    };
                    if y >= self.input[0] {
                        continue;
                    }
                    for kernel_column in 0..kernel[1] {
                        let Some(x) = (column * stride[1] + kernel_column).checked_sub(padding[1])
                        else {
                            continue;
                        };
                        if x < self.input[1] {
                            taps.push((
                                (y * self.input[1] + x) * self.channels,
                                (kernel_row * kernel[1] + kernel_column) * self.channels,
                            ));
                        }
                    }
                }
                visit((row * self.output[1] + column) * self.channels, &taps);
            }
        }
    }

    /// Calls `visit(input offset, [(output offset, kernel offset)])` for every value of one item's input.
    #[inline(always)]
    fn for_each_input(&self, mut visit: impl FnMut(usize, &[(usize, usize)])) {
        let [_, kernel_width] = self.geometry.kernel;
        let mut taps = Vec::with_capacity(self.geometry.kernel[0] * kernel_width);
        let (rows, columns) = (self.outputs_of(0), self.outputs_of(1));
        for (y, rows) in rows.iter().enumerate() {
            for (x, columns) in columns.iter().enumerate() {
                taps.clear();
                for (kernel_row, row) in rows {
                    for (kernel_column, column) in columns {
                        taps.push((
                            (row * self.output[1] + column) * self.channels,
                            (kernel_row * kernel_width + kernel_column) * self.channels,
                        ));
                    }
                }
                visit((y * self.input[1] + x) * self.channels, &taps);
            }
        }
    }

    /// For each place along an axis of the input the taps of the kernel that see it, and the outputs that they belong to.
    fn outputs_of(&self, axis: usize) -> Vec<Vec<(usize, usize)>> {
        let (stride, before) = (self.geometry.stride[axis], self.geometry.before()[axis]);
        let seen_by = |place: usize| {
            (0..self.geometry.kernel[axis]).filter_map(move |tap| {
                let from = (place + before).checked_sub(tap)?;
                let output = from / stride;
                let is_output = from.is_multiple_of(stride) && output < self.output[axis];
                is_output.then_some((tap, output))
            })
        };
        (0..self.input[axis])
            .map(|place| seen_by(place).collect())
            .collect()
    }

    /// Calls `visit(kernel offset, output offset, input offset, columns)` for the part of every output row that a tap of the
    /// kernel sees the input from.
    #[inline(always)]
    fn for_each_run(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        let Depthwise { kernel, stride, .. } = self.geometry;
        let before = self.geometry.before();
        for row in 0..self.output[0] {
            for kernel_row in 0..kernel[0] {
                let Some(y) = (row * stride[0] + kernel_row).checked_sub(before[0]) else {
                    continue;
                };
                if y >= self.input[0] {
                    continue;
                }
                for kernel_column in 0..kernel[1] {
                    let first = before[1].saturating_sub(kernel_column).div_ceil(stride[1]);
                    let end = (self.input[1] + before[1])
                        .saturating_sub(kernel_column)
                        .div_ceil(stride[1])
                        .min(self.output[1]);
                    if first < end {
                        let x = first * stride[1] + kernel_column - before[1];
                        visit(
                            (kernel_row * kernel[1] + kernel_column) * self.channels,
                            (row * self.output[1] + first) * self.channels,
                            (y * self.input[1] + x) * self.channels,
                            end - first,
                        );
                    }
                }
            }
        }
    }
}

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
pub fn depthwise(x: &[f32], weight: &[f32], shape: [usize; 4], geometry: Depthwise) -> Vec<f32> {
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

/// Gradient of [`depthwise`] for its input.
pub fn depthwise_input_gradient(
    weight: &[f32],
    gradient: &[f32],
    shape: [usize; 4],
    geometry: Depthwise,
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

/// Gradient of [`depthwise`] for its weight.
pub fn depthwise_weight_gradient(
    x: &[f32],
    gradient: &[f32],
    shape: [usize; 4],
    geometry: Depthwise,
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

/// Patches of a one-channel picture: `[batch, height, width]` to `[batch * rows * columns, kernel height * kernel width]`.
pub fn patches(x: &[f32], shape: [usize; 3], geometry: Depthwise) -> Vec<f32> {
    let [_, height, width] = shape;
    let [rows, columns] = geometry.output([height, width]);
    let taps = geometry.kernel[0] * geometry.kernel[1];
    let mut out = vec![0.0; shape[0] * rows * columns * taps];
    out.par_chunks_mut(rows * columns * taps)
        .enumerate()
        .for_each(|(item, out)| {
            let x = &x[item * height * width..][..height * width];
            for (position, patch) in out.chunks_exact_mut(taps).enumerate() {
                for_each_patch_row(
                    position,
                    columns,
                    [height, width],
                    geometry,
                    |tap, from, len| {
                        patch[tap..tap + len].copy_from_slice(&x[from..from + len]);
                    },
                );
            }
        });
    out
}

/// Gradient of [`patches`] for the picture: overlapping patches add up.
pub fn patches_gradient(gradient: &[f32], shape: [usize; 3], geometry: Depthwise) -> Vec<f32> {
    let [_, height, width] = shape;
    let [rows, columns] = geometry.output([height, width]);
    let taps = geometry.kernel[0] * geometry.kernel[1];
    let mut dx = vec![0.0; shape[0] * height * width];
    dx.par_chunks_mut(height * width)
        .enumerate()
        .for_each(|(item, dx)| {
            let gradient = &gradient[item * rows * columns * taps..][..rows * columns * taps];
            for (position, patch) in gradient.chunks_exact(taps).enumerate() {
                for_each_patch_row(
                    position,
                    columns,
                    [height, width],
                    geometry,
                    |tap, from, len| {
                        for (dx, gradient) in dx[from..from + len].iter_mut().zip(&patch[tap..]) {
                            *dx += gradient;
                        }
                    },
                );
            }
        });
    dx
}

/// Calls `visit(first tap, first value, length)` for each row of a patch, without what lies outside the picture.
#[inline(always)]
fn for_each_patch_row(
    position: usize,
    columns: usize,
    input: [usize; 2],
    geometry: Depthwise,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let Depthwise { kernel, stride, .. } = geometry;
    let [above, left] = geometry.before();
    let (row, column) = (position / columns, position % columns);
    let first = column * stride[1];
    let skipped = left.saturating_sub(first);
    let x = first + skipped - left;
    let len = (kernel[1] - skipped.min(kernel[1])).min(input[1].saturating_sub(x));
    if len == 0 {
        return;
    }
    for kernel_row in 0..kernel[0] {
        let Some(y) = (row * stride[0] + kernel_row).checked_sub(above) else {
            continue;
        };
        if y < input[0] {
            visit(kernel_row * kernel[1] + skipped, y * input[1] + x, len);
        }
    }
}

/// What [`norm_relu`] gives: the output and the batch's mean and (biased) variance per channel.
pub struct NormOutput {
    pub(crate) y: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// Batch norm over all rows of `[rows, channels]`, then the activation. `items` is the batch size that rows divide into.
pub fn norm_relu(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    items: usize,
    epsilon: f32,
    bounds: Bounds,
) -> NormOutput {
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
    NormOutput { y, mean, variance }
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
pub fn scale_shift_bounded_gradient(
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

/// Gradients of [`norm_relu`] for gamma and beta.
pub struct NormGradient {
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
}

/// The tensors that [`norm_relu_gradient`] needs from the forward pass.
pub struct NormInput<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) variance: &'a [f32],
}

/// Gradients of [`norm_relu`], given that of its output, whose place the input's takes: memory that is new costs more than
/// what is done with it here.
pub fn norm_relu_gradient(
    input: &NormInput<'_>,
    gradient: &mut [f32],
    items: usize,
    epsilon: f32,
    bounds: Bounds,
) -> NormGradient {
    let NormInput {
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
    NormGradient {
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

/// Mean and (biased) variance over all items out of each item's mean and sum of squares around it, over `rows` rows each.
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

fn total_in_order(parts: &[Vec<f32>], len: usize) -> Vec<f64> {
    let mut total = vec![0.0; len];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += f64::from(*part);
        }
    }
    total
}

fn sum_in_order(parts: &[Vec<f32>], len: usize) -> Vec<f32> {
    total_in_order(parts, len)
        .iter()
        .map(|&sum| sum as f32)
        .collect()
}
