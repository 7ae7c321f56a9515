//! The command line: which run becomes which model, and where it goes.
use clap::Parser;
use std::path::PathBuf;

/// Pack a training run into models/NAME, ready for the board.
///
/// Reads the run folder alone. Checks that tract and ONNX Runtime give the trainer's logits, calibrates the temperature
/// on the validation windows, writes the metadata, and puts model.onnx, card.md and metrics.json in place at once.
/// Exit codes: 0 done, 1 the run failed its check and nothing was written, 2 error.
#[derive(Debug, Parser)]
#[command(name = "tools/export", version)]
pub struct Options {
    /// Run folder that `needledrop train` left.
    pub run: PathBuf,
    /// Name of the model: letters, digits, `-`, `_` and `.`.
    #[arg(long)]
    pub name: String,
    /// Folder of models; the model goes into DIR/NAME.
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
    /// Sign with this minisign secret key (its password, if it has one, in NEEDLEDROP_SIGN_PASSWORD).
    #[arg(long, value_name = "KEYFILE")]
    pub sign: Option<PathBuf>,
    /// Quantise to 8 bits.
    #[arg(long)]
    pub int8: bool,
    /// Pack a run on imported features, too; the board will refuse it, `needledrop evaluate` will not.
    #[arg(long)]
    pub allow_external: bool,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    pub json: bool,
}
