//! The network of whole songs, of a model that learned from bags of windows: its files, held against tract, and its
//! figures.

use super::figures;
use super::files::save;
use super::fitted::Fitted;
use super::parity;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::{places, spread, windows_of};
use needledrop_bundle::file;
use needledrop_data::npy;
use needledrop_infer::{Net, Parity};
use needledrop_judging::metrics;
use needledrop_networks::Input;
use std::path::Path;

/// Songs that the network is checked on.
const PARITY_SONGS: usize = 8;

/// Writes `onnx` and what runtimes are held against; gives the figures by song.
///
/// # Errors
/// Those of the model and of the clips; [`Error::Infer`], [`Error::Parity`], [`Error::Io`].
pub(super) fn write(
    run: &Path,
    corpus: &Corpus,
    input: &Input,
    fitted: &impl Fitted,
    onnx: &[u8],
) -> Result<metrics::Summary, Error> {
    let (valid, classes) = (&corpus.valid, corpus.labels.len());
    let places = places(valid, input.span());
    let logits = fitted.song_logits(valid, &places)?;
    let checked = spread(&places, PARITY_SONGS);
    let expected = fitted.song_logits(valid, &checked)?;
    let mut tract = Net::load(onnx, &input.span(), classes)?;
    let x = windows_of(valid, &checked, input.span())?;
    let rule = Parity::with(&expected);
    parity::of_windows(file::SONG, rule, &mut tract, &x, &expected)?;
    save(run, file::SONG, onnx)?;
    let rows = x.len() / input.window.bands;
    let x = npy::bytes(&[rows, input.window.bands], &x);
    save(run, file::SONG_PARITY_X, &x)?;
    let expected = npy::bytes(&[checked.len(), classes], &expected);
    save(run, file::SONG_PARITY_LOGITS, &expected)?;
    let levels = figures::levels(valid, &places, &logits, classes, None);
    Ok(levels.clips.summary(&corpus.labels))
}
