//! A model that answers, whoever trained it: what [`finished`](super::finished) needs to know of it.

use crate::error::Error;
use crate::places::Place;
use needledrop_data::Clip;

/// A network in burn, or a classic model.
pub(crate) trait Fitted {
    /// Its ONNX file for single windows.
    fn onnx(&self) -> Vec<u8>;

    /// Logits of windows, `[places, classes]`.
    fn logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error>;

    /// How far each window's answer is from another, for a model that runtimes must agree with on the class alone.
    fn margins(&self, _clips: &[Clip], _places: &[Place]) -> Result<Option<Vec<f32>>, Error> {
        Ok(None)
    }

    /// Its ONNX file for whole songs, if it has one.
    fn song_onnx(&self) -> Option<Vec<u8>> {
        None
    }

    /// Logits of the songs that begin at `places`, `[places, classes]`, from a model that has a file for them.
    fn song_logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        self.logits(clips, places)
    }
}
