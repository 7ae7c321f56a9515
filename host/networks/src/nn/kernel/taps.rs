//! Which values of its input each output of a depthwise convolution sees, and the other way round: offsets into one
//! batch item.

use crate::nn::geometry::Geometry;

/// Channels that one inner loop holds in registers; channel counts are multiples of it.
pub const LANES: usize = 16;

/// One call's sizes: geometry and `[batch, height, width, channels]` of the input.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) geometry: Geometry,
    input: [usize; 2],
    output: [usize; 2],
    pub(super) channels: usize,
}

impl Plan {
    pub(super) fn new(geometry: Geometry, shape: [usize; 4]) -> Self {
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

    pub(super) fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    pub(super) fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }

    /// Calls `visit(output offset, [(input offset, kernel offset)])` for every output of one item.
    #[inline(always)]
    pub(super) fn for_each_output(&self, mut visit: impl FnMut(usize, &[(usize, usize)])) {
        let Geometry { kernel, stride, .. } = self.geometry;
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
    pub(super) fn for_each_input(&self, mut visit: impl FnMut(usize, &[(usize, usize)])) {
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

    /// For each place along an axis of the input the taps of the kernel that see it, and the outputs that they belong
    /// to.
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

    /// Calls `visit(kernel offset, output offset, input offset, columns)` for the part of every output row that a tap
    /// of the kernel sees the input from.
    #[inline(always)]
    pub(super) fn for_each_run(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        let Geometry { kernel, stride, .. } = self.geometry;
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
