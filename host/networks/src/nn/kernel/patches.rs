//! Patches of a picture, copied row by row, so that a convolution is one matrix product.

use crate::nn::geometry::Geometry;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Patches of a one-channel picture: `[batch, height, width]` to `[batch * rows * columns, kernel height * kernel
/// width]`.
pub fn forward(x: &[f32], shape: [usize; 3], geometry: Geometry) -> Vec<f32> {
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

/// Gradient of [`forward`] for the picture: overlapping patches add up.
pub fn backward(gradient: &[f32], shape: [usize; 3], geometry: Geometry) -> Vec<f32> {
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
    geometry: Geometry,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let Geometry { kernel, stride, .. } = geometry;
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
