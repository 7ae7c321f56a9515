//! One clip in memory.

/// A clip as a model sees it.
///
/// # Shape
/// `x` is `rows x bands`, row-major: log-mel frames, or for PCM one sample a row (`bands` 1).
///
/// # Units
/// Q8.8 dB for log-mel, 16-bit PCM otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
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
    pub x: Vec<i16>,
}
