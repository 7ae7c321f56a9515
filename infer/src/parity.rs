//! Whether two runtimes give the same logits.

/// Difference allowed, in units of max(1, largest logit).
const RELATIVE: f64 = 1e-4;

/// The parity rule: no logit differs by more than 1e-4 * max(1, largest |logit| of the reference).
///
/// ```
/// let reference = [0.5, -20.0, 3.0, 1.0]; // two windows of two classes
/// let mut parity = needledrop_infer::Parity::with(&reference);
/// parity.compare(&reference[..2], &[0.5, -20.001]);
/// parity.compare(&reference[2..], &[3.0, 1.0]);
/// assert!(parity.holds());
/// parity.compare(&reference[2..], &[3.0, 1.01]);
/// assert!(!parity.holds());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    tolerance: f64,
    worst: Option<f64>,
}

impl Parity {
    /// For all the logits of the reference.
    pub fn with(reference: &[f32]) -> Self {
        let largest = reference
            .iter()
            .fold(1.0_f64, |most, &logit| most.max(f64::from(logit.abs())));
        Self {
            tolerance: RELATIVE * largest,
            worst: Some(0.0),
        }
    }

    /// Logits of one window, of the reference and of the runtime in question; another number of them is a difference, too.
    pub fn compare(&mut self, expected: &[f32], actual: &[f32]) {
        if expected.len() != actual.len() {
            self.worst = None;
        }
        for (expected, actual) in expected.iter().zip(actual) {
            let difference = (f64::from(*expected) - f64::from(*actual)).abs();
            self.worst = self
                .worst
                .filter(|_| difference.is_finite())
                .map(|worst| worst.max(difference));
        }
    }

    /// The runtime gave something that is no number.
    pub fn fail(&mut self) {
        self.worst = None;
    }

    /// Largest difference allowed.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// Largest difference so far; none for good once a value was not finite.
    pub fn difference(&self) -> Option<f64> {
        self.worst
    }

    /// Whether all compared so far is within the tolerance.
    pub fn holds(&self) -> bool {
        self.tolerance.is_finite() && self.worst.is_some_and(|worst| worst <= self.tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::Parity;

    #[test]
    fn keeps_the_largest_and_never_forgets_a_nan() {
        let mut parity = Parity::with(&[1.0, 2.0, 5000.0]);
        parity.compare(&[1.0, 2.0], &[1.0, 2.5]);
        parity.compare(&[1.0, 2.0], &[1.25, 2.0]);
        assert_eq!((parity.difference(), parity.holds()), (Some(0.5), true));
        parity.compare(&[1.0], &[f32::NAN]);
        parity.compare(&[1.0], &[1.0]);
        assert_eq!((parity.difference(), parity.holds()), (None, false));
        let mut short = Parity::with(&[1.0]);
        short.compare(&[1.0, 2.0], &[1.0]);
        assert!(!short.holds());
    }

    #[test]
    fn a_reference_that_is_no_number_never_holds() {
        let mut parity = Parity::with(&[f32::INFINITY]);
        parity.compare(&[f32::INFINITY], &[f32::INFINITY]);
        assert!(!parity.holds());
    }
}
