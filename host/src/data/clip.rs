//! One clip in memory, and how its values are stored.

/// A clip as a model sees it.
///
/// # Shape
/// `x` is `rows x bands`, row-major: log-mel frames, or for PCM one sample a row (`bands` 1).
///
/// # Units
/// Q8.8 dB for log-mel, 16-bit PCM for PCM.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub x: Vec<T>,
}

/// A value of a clip, stored little-endian.
pub trait Scalar: Copy {
    /// Bytes of one value.
    const BYTES: usize;

    /// Appends the value to `out`.
    fn store(self, out: &mut Vec<u8>);

    /// The value in the first [`Scalar::BYTES`] bytes.
    ///
    /// # Panics
    /// When there are fewer.
    fn load(bytes: &[u8]) -> Self;
}

impl Scalar for i16 {
    const BYTES: usize = 2;

    fn store(self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn load(bytes: &[u8]) -> Self {
        Self::from_le_bytes([bytes[0], bytes[1]])
    }
}

impl Scalar for f32 {
    const BYTES: usize = 4;

    fn store(self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn load(bytes: &[u8]) -> Self {
        Self::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

/// The bytes of `values`.
pub(crate) fn to_le_bytes<T: Scalar>(values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * T::BYTES);
    values.iter().for_each(|value| value.store(&mut bytes));
    bytes
}

/// The values in `bytes`; a last, incomplete one is left out.
pub(crate) fn from_le_bytes<T: Scalar>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(T::BYTES).map(T::load).collect()
}
