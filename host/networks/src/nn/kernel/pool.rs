//! Max-pooling and its gradient, channels last, windows side by side; a last, incomplete window is left out.

use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Sizes of one item.
#[derive(Clone, Copy)]
struct Plan {
    kernel: [usize; 2],
    width: usize,
    output: [usize; 2],
    channels: usize,
    input_len: usize,
}

impl Plan {
    fn new([_, height, width, channels]: [usize; 4], kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            width,
            output: [height / kernel[0], width / kernel[1]],
            channels,
            input_len: height * width * channels,
        }
    }

    fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }

    /// Calls `visit(output offset, input offset)` for every value that a window sees, in channel rows.
    #[inline(always)]
    fn for_each_tap(&self, mut visit: impl FnMut(usize, usize)) {
        for row in 0..self.output[0] {
            for column in 0..self.output[1] {
                let to = (row * self.output[1] + column) * self.channels;
                for y in row * self.kernel[0]..(row + 1) * self.kernel[0] {
                    for x in column * self.kernel[1]..(column + 1) * self.kernel[1] {
                        visit(to, (y * self.width + x) * self.channels);
                    }
                }
            }
        }
    }
}

/// The largest value of each window.
///
/// # Shape
/// `[batch, height, width, channels]` to `[batch, height / kernel height, width / kernel width, channels]`.
pub fn forward(x: &[f32], shape: [usize; 4], kernel: [usize; 2]) -> Vec<f32> {
    let plan = Plan::new(shape, kernel);
    let mut y = vec![f32::NEG_INFINITY; shape[0] * plan.output_len()];
    y.par_chunks_mut(plan.output_len().max(1))
        .enumerate()
        .for_each(|(item, y)| {
            let x = &x[item * plan.input_len..][..plan.input_len];
            plan.for_each_tap(|to, from| {
                let y = &mut y[to..to + plan.channels];
                for (y, x) in y.iter_mut().zip(&x[from..from + plan.channels]) {
                    // Unlike `max`, this keeps what is no number, so that a diverged loss is seen.
                    *y = if *x <= *y { *y } else { *x };
                }
            });
        });
    y
}

/// Gradient of [`forward`]: each window's goes to the first of its largest values.
pub fn backward(
    x: &[f32],
    y: &[f32],
    gradient: &[f32],
    shape: [usize; 4],
    kernel: [usize; 2],
) -> Vec<f32> {
    let plan = Plan::new(shape, kernel);
    let len = plan.output_len();
    let mut dx = vec![0.0; x.len()];
    dx.par_chunks_mut(plan.input_len.max(1))
        .enumerate()
        .for_each(|(item, dx)| {
            let x = &x[item * plan.input_len..][..plan.input_len];
            let y = &y[item * len..][..len];
            // What is given away is no longer there for the window's later values.
            let mut left = gradient[item * len..][..len].to_vec();
            plan.for_each_tap(|to, from| {
                for channel in 0..plan.channels {
                    if x[from + channel] == y[to + channel] {
                        dx[from + channel] = std::mem::take(&mut left[to + channel]);
                    }
                }
            });
        });
    dx
}
