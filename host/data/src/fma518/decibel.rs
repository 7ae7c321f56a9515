//! From power to decibels over 1, in place, with a floor below the clip's own maximum.

/// Power below which the logarithm is not taken.
const LEAST_POWER: f64 = 1e-10;
/// Range kept below the maximum, dB.
const RANGE_DB: f64 = 80.0;

/// Replaces powers by decibels over 1, and raises those more than 80 dB below the highest of all rows.
pub(super) fn power_to_db(rows: &mut [Vec<f64>]) {
    let values = || rows.iter().flatten();
    let to_db = |power: f64| 10.0 * power.max(LEAST_POWER).log10();
    let floor = to_db(values().copied().fold(0.0, f64::max)) - RANGE_DB;
    for value in rows.iter_mut().flatten() {
        *value = to_db(*value).max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_80_db_below_the_highest() {
        let mut rows = vec![vec![1.0, 0.0], vec![100.0, 1e-9]];
        power_to_db(&mut rows);
        assert_eq!(rows, [[0.0, -60.0], [20.0, -60.0]]);
        let mut silent = vec![vec![0.0; 3]];
        power_to_db(&mut silent);
        assert_eq!(silent, [[-100.0; 3]]);
    }
}
