//! One clip: what it is, and its values, `[rows, bands]`, in memory or on disk.

use super::Error;
use super::stored::Stored;
use needledrop_bundle::Scalar;
use std::borrow::Cow;
use std::ops::Range;

/// A clip as a model sees it.
///
/// # Shape
/// `rows x bands`, row-major: log-mel frames; for PCM one sample a row (`bands` 1); for feature vectors (`T = f32`)
/// one row.
///
/// # Units
/// Q8.8 dB for log-mel, 16-bit PCM for PCM.
#[derive(Clone, Debug)]
pub struct Clip<T = i16> {
    /// Identity within the data set: its path relative to the data folder, with `/`.
    pub id: String,
    /// Index into the data set's labels.
    pub label: usize,
    /// The label's name.
    pub genre: String,
    /// Frames, or samples.
    pub rows: usize,
    /// Values in a row.
    pub bands: usize,
    /// The values.
    pub values: Values<T>,
}

/// Where a clip's values are; whoever reads them gets the same either way.
#[derive(Clone, Debug)]
pub enum Values<T = i16> {
    /// Here.
    Memory(Vec<T>),
    /// In a file, checked once and read by rows.
    Stored(Stored),
}

impl<T: Scalar> Clip<T> {
    /// All values.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Changed`]: only for values on disk.
    pub fn read(&self) -> Result<Cow<'_, [T]>, Error> {
        self.read_rows(0..self.rows)
    }

    /// The values of some rows.
    ///
    /// # Errors
    /// As [`Clip::read`].
    ///
    /// # Panics
    /// When the clip has no such rows.
    pub fn read_rows(&self, rows: Range<usize>) -> Result<Cow<'_, [T]>, Error> {
        assert!(rows.end <= self.rows, "rows {rows:?} of {}", self.rows);
        let values = rows.start * self.bands..rows.end * self.bands;
        match &self.values {
            Values::Memory(all) => Ok(Cow::Borrowed(&all[values])),
            Values::Stored(stored) => stored.read(values).map(Cow::Owned),
        }
    }
}

/// The bytes of `values`.
pub(crate) fn to_le_bytes<T: Scalar>(values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * T::BYTES);
    values.iter().for_each(|value| value.store(&mut bytes));
    bytes
}
