//! What is asked of pictures.

/// Most frames, and most bands, that a step sees the window shifted by: more of them average out what a stem with a
/// stride of 4 tells apart, and the ascent ends below noise.
const SHIFT: usize = 1;
/// Deviation of the blur of gradients in frames and bands, at the first step and at the last.
const BLUR: [f32; 2] = [3.0, 1.0];

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Channels of each convolution, evenly spaced over all that it has.
    pub filters: usize,
    /// Steps of the ascent.
    pub steps: usize,
    /// Most frames, and most bands of log-mel, that a step sees the window shifted by.
    pub shift: usize,
    /// Deviation of the blur of log-mel gradients in frames and bands, at the first step and at the last; above nought.
    pub blur: [f32; 2],
    /// Seed of the noise that the ascent starts from and that saliency is averaged over.
    pub seed: u64,
    /// This convolution alone.
    pub convolution: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filters: 8,
            steps: 64,
            shift: SHIFT,
            blur: BLUR,
            seed: 1,
            convolution: None,
        }
    }
}
