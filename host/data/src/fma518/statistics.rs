//! Seven statistics of a series, and their names: one value a frame goes in, seven numbers come out.

use crate::median::median_of_sorted;

/// The statistics of each series, sorted by name: the order in which they are computed.
pub const STATISTICS: [&str; 7] = ["kurtosis", "max", "mean", "median", "min", "skew", "std"];

/// Kurtosis of a constant series: the value that features.csv has, since `m4 / m2^2` was taken as 0.
const CONSTANT_KURTOSIS: f64 = -3.0;
/// Skew of a constant series.
const CONSTANT_SKEW: f64 = 0.0;

/// Kurtosis (excess), maximum, mean, median, minimum, skew and standard deviation, all of the population.
///
/// A series is constant when its variance is at most the square of its mean times the machine epsilon, the rule by
/// which scipy gives not-a-number; here kurtosis is then -3 and skew 0, as in the published features.csv.
///
/// # Panics
/// When `row` is empty.
pub(super) fn seven(row: &[f64]) -> [f64; STATISTICS.len()] {
    let count = row.len() as f64;
    let rough_mean = row.iter().sum::<f64>() / count;
    // What the long sum lost: a constant series must be its own mean to the last bit.
    let mean = rough_mean + row.iter().map(|value| value - rough_mean).sum::<f64>() / count;
    let moment = |power: i32| {
        row.iter()
            .map(|value| (value - mean).powi(power))
            .sum::<f64>()
            / count
    };
    let variance = moment(2);
    let (skew, kurtosis) = if variance <= (f64::EPSILON * mean).powi(2) {
        (CONSTANT_SKEW, CONSTANT_KURTOSIS)
    } else {
        (
            moment(3) / variance.powf(1.5),
            moment(4) / (variance * variance) - 3.0,
        )
    };
    let mut sorted = row.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
    [
        kurtosis,
        max,
        mean,
        median_of_sorted(&sorted),
        min,
        skew,
        variance.sqrt(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // numpy 2.4 and scipy 1.17 on the same numbers.
        let seven_of_eight = seven(&[2.0, 8.0, 0.0, 4.0, 1.0, 9.0, 9.0, 0.0]);
        let expected = [
            -1.6660010752838508,
            9.0,
            4.125,
            3.0,
            0.0,
            0.2650554122698573,
            3.7228181529588578,
        ];
        for (actual, expected) in seven_of_eight.into_iter().zip(expected) {
            assert!((actual - expected).abs() < 1e-12, "{actual} {expected}");
        }
        let [kurtosis, _, _, _, _, skew, std] = seven(&[1.0, -1.0, 1.0, -1.0]);
        assert_eq!((kurtosis, skew, std), (-2.0, 0.0, 1.0));
    }

    #[test]
    fn constant_rows_are_finite() {
        for value in [0.0, 0.1, -1_131.370_849_898_476, f64::MIN_POSITIVE] {
            for len in [1, 5, 44, 1292] {
                let expected = [-3.0, value, value, value, value, 0.0, 0.0];
                assert_eq!(seven(&vec![value; len]), expected);
            }
        }
    }
}
