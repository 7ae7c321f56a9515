//! Activations as the least and the largest value that they let through: none, ReLU, ReLU6.

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
    pub(crate) const fn hold(self, value: f32) -> f32 {
        let value = if value < self.least {
            self.least
        } else {
            value
        };
        if value > self.most { self.most } else { value }
    }

    /// Whether a value's gradient passes.
    #[inline(always)]
    pub(crate) const fn passes(self, value: f32) -> bool {
        // Both comparisons always, so that a loop has no branch.
        (value > self.least) & (value < self.most)
    }
}
