//! Holds tract against the trainer: the same rows must give the same logits, as [`Parity`] has it.

use crate::error::Error;
use needledrop_infer::{Net, Parity};

/// Of windows that lie one after the other.
///
/// # Shape
/// `x` `[windows, values]`, `expected` `[windows, classes]`.
///
/// # Errors
/// [`Error::Parity`], [`Error::Infer`].
pub(crate) fn of_windows(
    file: &'static str,
    parity: Parity,
    net: &mut Net,
    x: &[i16],
    expected: &[f32],
) -> Result<Parity, Error> {
    let windows = expected.len() / net.classes();
    let Some(len) = x.len().checked_div(windows) else {
        return Ok(parity);
    };
    of_rows(file, parity, x.chunks_exact(len), expected, |x, logits| {
        net.logits(x, logits)
    })
}

/// Of rows of any kind, each judged by `judge` into a row of logits.
///
/// # Errors
/// [`Error::Parity`], [`Error::Infer`].
pub(crate) fn of_rows<'a, T: 'a>(
    file: &'static str,
    mut parity: Parity,
    rows: impl ExactSizeIterator<Item = &'a [T]>,
    expected: &[f32],
    mut judge: impl FnMut(&[T], &mut [f32]) -> Result<(), needledrop_infer::Error>,
) -> Result<Parity, Error> {
    let classes = expected.len().checked_div(rows.len()).unwrap_or(1);
    let mut actual = vec![0.0; classes];
    for (x, expected) in rows.zip(expected.chunks_exact(classes)) {
        judge(x, &mut actual)?;
        parity.compare(expected, &actual);
    }
    if parity.holds() {
        return Ok(parity);
    }
    Err(Error::Parity {
        file,
        difference: parity.difference(),
        allowed: parity.tolerance(),
    })
}
