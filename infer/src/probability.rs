//! Logits to calibrated probabilities, with the same bits on every target.
//!
//! A runtime's last bits depend on the order in which it adds, and so on the CPU. Rounding logits to 1/64 hides nearly
//! all of that (a logit must lie within the runtimes' difference, about 1e-6, of a rounding boundary to show it); all
//! that follows is f64 arithmetic with `libm`'s `exp`, which is the same code everywhere.

/// Steps of a logit in one unit.
const STEPS: f64 = 64.0;

/// Temperature and rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Logits are divided by this; above 0 (1 leaves them as they are, more makes the model less sure).
    pub temperature: f64,
}

impl Calibration {
    /// Rounds each logit to 1/64, divides by the temperature, and takes the softmax.
    ///
    /// A logit that is not a number counts as impossible; if all are, every class is as likely. Values beyond the
    /// shorter of both slices are left alone.
    ///
    /// ```
    /// let calibration = needledrop_infer::Calibration { temperature: 2.0 };
    /// let mut probabilities = [0.0; 2];
    /// calibration.probabilities(&[1.0, 1.004], &mut probabilities);
    /// assert_eq!(probabilities, [0.5, 0.5]); // closer than 1/64
    /// ```
    pub fn probabilities(&self, logits: &[f32], out: &mut [f64]) {
        let rounded = |logit: f32| {
            let steps = libm::rint(f64::from(logit) * STEPS);
            if steps.is_nan() {
                f64::NEG_INFINITY
            } else {
                steps / STEPS
            }
        };
        let count = logits.len().min(out.len());
        let Some(out) = out.get_mut(..count) else {
            return;
        };
        // f32's largest value, not infinity, so that an infinite logit leaves a difference that is a number.
        let limit = f64::from(f32::MAX);
        let mut highest = f64::NEG_INFINITY;
        for (probability, &logit) in out.iter_mut().zip(logits) {
            *probability = rounded(logit).min(limit);
            highest = highest.max(*probability);
        }
        if highest == f64::NEG_INFINITY {
            out.fill(1.0 / count as f64);
            return;
        }
        let mut sum = 0.0;
        for probability in out.iter_mut() {
            *probability = libm::exp((*probability - highest) / self.temperature);
            sum += *probability;
        }
        for probability in out.iter_mut() {
            *probability /= sum;
        }
    }
}

/// Index of the largest value; the first of equals.
///
/// ```
/// assert_eq!(needledrop_infer::argmax(&[0.1, 0.7, 0.7]), 1);
/// ```
pub fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::Calibration;
    use proptest::prelude::*;

    fn softmax(temperature: f64, logits: &[f32]) -> Vec<f64> {
        let mut out = vec![0.0; logits.len()];
        Calibration { temperature }.probabilities(logits, &mut out);
        out
    }

    #[test]
    fn agrees_with_the_definition() {
        // exp(0), exp(1), exp(2) over their sum.
        let expected = [
            0.090_030_573_170_380_46,
            0.244_728_471_054_797_67,
            0.665_240_955_774_821_9,
        ];
        for (found, expected) in softmax(1.0, &[1.0, 2.0, 3.0]).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        assert_eq!(
            softmax(2.0, &[2.0, 4.0, 6.0]),
            softmax(1.0, &[1.0, 2.0, 3.0])
        );
    }

    #[test]
    fn differences_of_a_runtime_vanish() {
        assert_eq!(
            softmax(0.7, &[0.25, -3.5, 9.0]),
            softmax(0.7, &[0.250_001, -3.499_999, 9.000_001])
        );
    }

    #[test]
    fn the_bits_are_pinned() {
        // The same on x86-64 and aarch64: this test runs on both.
        let bits: Vec<u64> = softmax(1.37, &[0.1, 2.34, -1.9, 0.77])
            .iter()
            .map(|p| p.to_bits())
            .collect();
        assert_eq!(bits, PINNED);
    }
    const PINNED: [u64; 4] = [
        4_593_635_180_134_366_639,
        4_603_969_460_961_941_754,
        4_583_991_781_088_011_446,
        4_596_492_651_947_288_745,
    ];

    #[test]
    fn extremes_stay_probabilities() {
        for logits in [
            [f32::MAX, f32::MIN],
            [f32::INFINITY, 0.0],
            [f32::NAN, 1.0],
            [f32::NEG_INFINITY, -1e30],
        ] {
            let out = softmax(1e-30, &logits);
            assert!(
                (out.iter().sum::<f64>() - 1.0).abs() < 1e-12,
                "{logits:?} {out:?}"
            );
        }
        assert_eq!(softmax(1.0, &[f32::NAN, f32::NAN]), [0.5, 0.5]);
    }

    proptest! {
        #[test]
        fn sums_to_one_and_keeps_the_order(
            logits in proptest::collection::vec(-60.0f32..60.0, 1..12),
            temperature in 0.05f64..20.0,
        ) {
            let out = softmax(temperature, &logits);
            prop_assert!((out.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for (a, p) in logits.iter().zip(&out) {
                for (b, q) in logits.iter().zip(&out) {
                    prop_assert!(a - b < 1.0 / 32.0 || p >= q);
                }
            }
        }
    }
}
