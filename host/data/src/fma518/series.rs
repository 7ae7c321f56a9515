//! Series over the frames of a clip, and when there is nothing in them to normalise by.

/// Several series: `rows[r][frame]`.
pub(super) type Rows = Vec<Vec<f64>>;

/// A sum or maximum below this counts as nothing to normalise by.
pub(super) const TINY: f64 = f64::MIN_POSITIVE;
