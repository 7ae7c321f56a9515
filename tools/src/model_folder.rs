//! Names of the files in a model's folder, `models/NAME`: `tools/export` writes them, the other programs look for them.
use needledrop_bundle::file;

/// The network, sealed; as in the run folder that it comes from.
pub const MODEL: &str = file::MODEL;
/// The signature of [`MODEL`], where there is one.
pub const MODEL_SIGNATURE: &str = "model.onnx.minisig";
/// The network of whole songs, where the model learned from songs.
pub const SONG: &str = file::SONG;
/// The signature of [`SONG`], where there is one.
pub const SONG_SIGNATURE: &str = "song.onnx.minisig";
/// The model card.
pub const CARD: &str = "card.md";
/// What was measured.
pub const METRICS: &str = file::METRICS;

/// All that export may write.
pub const FILES: [&str; 6] = [MODEL, MODEL_SIGNATURE, SONG, SONG_SIGNATURE, CARD, METRICS];

/// Beginnings of names of files that people put there, which say under which licence the model may be used.
const NOTICES: [&str; 4] = ["license", "licence", "notice", "copying"];

/// Whether a file of that name says under which licence the model may be used.
pub fn is_notice(name: &str) -> bool {
    let lower = name.to_lowercase();
    NOTICES.iter().any(|beginning| lower.starts_with(beginning))
}
