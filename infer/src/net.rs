//! The only file that names tract.
use needledrop_bundle::Window;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {}

/// An optimised graph with batch 1.
pub struct Net {}

impl Net {
    /// Loads ONNX bytes: input `x` int16, output `logits`.
    pub fn load(_onnx: &[u8], _window: &Window, _classes: usize) -> Result<Self, Error> {
        todo!()
    }
    /// One window of `frames * bands` values in, one logit a class out.
    pub fn logits(&mut self, _window: &[i16], _out: &mut [f32]) -> Result<(), Error> {
        todo!()
    }
    /// Multiply-adds for one window, counted over the graph.
    pub fn multiply_adds(&self) -> u64 {
        todo!()
    }
}
