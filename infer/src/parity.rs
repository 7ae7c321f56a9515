//! Whether two runtimes give the same logits.

use crate::probability::argmax;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Parity {
    tolerance: f64,
    worst: Option<f64>,
    classes: Option<Classes>,
}

/// What the rule for classic models keeps.
#[derive(Clone, Debug, PartialEq)]
struct Classes {
    /// How far each window's answer is from another.
    margins: Vec<f32>,
    /// Windows compared.
    compared: usize,
    /// Those of another class.
    other: Vec<usize>,
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
            classes: None,
        }
    }

    /// The rule for classic models: the same class, except for windows whose margin is below the tolerance. A vote or a
    /// neighbour that hangs on rounding moves a logit by more than rounding.
    ///
    /// Windows are compared in the order of their `margins`.
    ///
    /// ```
    /// let mut parity = needledrop_infer::Parity::by_class(&[0.5, 0.2, 0.1, 0.1], &[0.3, 0.0]);
    /// parity.compare(&[0.5, 0.2], &[0.4, 0.3]);
    /// parity.compare(&[0.1, 0.1], &[0.1, 0.2]);
    /// assert!(parity.holds());
    /// assert_eq!(parity.other_class(), [1]);
    /// ```
    pub fn by_class(reference: &[f32], margins: &[f32]) -> Self {
        Self {
            classes: Some(Classes {
                margins: margins.to_vec(),
                compared: 0,
                other: Vec::new(),
            }),
            ..Self::with(reference)
        }
    }

    /// Logits of one window, of the reference and of the runtime in question; another number of them is a difference,
    /// too.
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
        if let Some(classes) = &mut self.classes {
            if argmax(expected) != argmax(actual) {
                classes.other.push(classes.compared);
            }
            classes.compared += 1;
        }
    }

    /// The runtime gave something that is no number.
    pub fn fail(&mut self) {
        self.worst = None;
    }

    /// Windows that got another class than the reference's, by the rule for classic models.
    pub fn other_class(&self) -> &[usize] {
        self.classes.as_ref().map_or(&[], |classes| &classes.other)
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
        let Some(worst) = self.worst.filter(|_| self.tolerance.is_finite()) else {
            return false;
        };
        match &self.classes {
            None => worst <= self.tolerance,
            Some(Classes { margins, other, .. }) => other.iter().all(|&window| {
                let margin = margins.get(window).copied().unwrap_or(f32::INFINITY);
                f64::from(margin) < self.tolerance
            }),
        }
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

    #[test]
    fn another_class_needs_a_small_margin() {
        let reference = [1.0, 0.0, 0.0, 1.0];
        let compared = |margins: [f32; 2], second: [f32; 2]| {
            let mut parity = Parity::by_class(&reference, &margins);
            parity.compare(&reference[..2], &[0.9, 0.5]);
            parity.compare(&reference[2..], &second);
            (parity.holds(), parity.other_class().to_vec())
        };
        assert_eq!(compared([1.0, 1.0], [0.2, 0.3]), (true, vec![]));
        assert_eq!(compared([1.0, 1.0], [0.3, 0.2]), (false, vec![1]));
        assert_eq!(compared([1.0, 5e-5], [0.3, 0.2]), (true, vec![1]));
        assert_eq!(compared([1.0, 5e-5], [0.3, f32::NAN]), (false, vec![1]));
    }
}
