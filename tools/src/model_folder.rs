//! Names of the files in a model's folder, `models/NAME`: `tools/export` writes them, the other programs look for them.

/// The network, sealed.
pub const MODEL: &str = "model.onnx";
/// The signature of [`MODEL`], where there is one.
pub const MODEL_SIGNATURE: &str = "model.onnx.minisig";
/// The network of whole songs, where the model learned from songs.
pub const SONG: &str = "song.onnx";
/// The signature of [`SONG`], where there is one.
pub const SONG_SIGNATURE: &str = "song.onnx.minisig";
/// The model card.
pub const CARD: &str = "card.md";
/// What was measured.
pub const METRICS: &str = "metrics.json";

/// All that export may write.
pub const FILES: [&str; 6] = [MODEL, MODEL_SIGNATURE, SONG, SONG_SIGNATURE, CARD, METRICS];
