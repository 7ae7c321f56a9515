//! Where a convolution looks: kernel, stride and zeros, to the height and width of what it gives.

/// Geometry of a convolution on `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
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
    /// Along the width around; along the height before alone, as many as the kernel is longer than the stride, so that
    /// no output sees a row behind the rows that its stride covers.
    Causal,
}

impl Geometry {
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
