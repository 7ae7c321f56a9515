//! The command line.
use clap::{Args, Parser, Subcommand};
use serde::Deserialize;
use std::path::PathBuf;

/// Hears through a microphone and says which genre is playing.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Listen, and write a record for each decision
    Run(RunArgs),
    /// Write the records that files would give, as fast as possible, to standard output
    Replay(ReplayArgs),
    /// List the audio inputs
    Devices,
    /// Measure what the frontend and the model cost on this machine
    Bench(BenchArgs),
    /// Check frontend, model and decision on known signals; exit 1 when one fails
    Selftest(ModelArgs),
    /// Tag the clips of a CSV manifest and compare with its genres
    Score(ScoreArgs),
    /// Say what this machine has: audio, serial ports, memory, clock
    Diagnose,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ModelArgs {
    /// Model file made by tools/export
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// Public minisign key: the model must be signed by it [default: /etc/needledrop/minisign.pub when it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

/// Flags of `run`, and the keys of its configuration file: a flag wins over the file.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunArgs {
    /// Model file made by tools/export
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Public minisign key: the model must be signed by it [default: /etc/needledrop/minisign.pub when it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// `default`, an input that `devices` lists, an audio file, or `-` for standard input (16-bit WAV, or raw 16-bit
    /// little-endian mono with --rate) [default: default]
    #[arg(long, value_name = "INPUT")]
    pub(crate) input: Option<String>,
    /// Rate to ask the input for, in Hz
    #[arg(long, value_name = "HZ")]
    pub(crate) rate: Option<u32>,
    /// PORT[:BAUD], or `-` for standard output [default: -]
    #[arg(long, value_name = "PORT[:BAUD]")]
    pub(crate) serial: Option<String>,
    /// `nmea` or `jsonl` [default: nmea]
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<String>,
    /// Time between two decisions, in seconds [default: the model's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) hop: Option<f64>,
    /// TOML file with these flags as keys
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

impl RunArgs {
    /// What is not said here is taken from `file`.
    pub(crate) fn or(self, file: Self) -> Self {
        Self {
            model: self.model.or(file.model),
            key: self.key.or(file.key),
            input: self.input.or(file.input),
            rate: self.rate.or(file.rate),
            serial: self.serial.or(file.serial),
            format: self.format.or(file.format),
            hop: self.hop.or(file.hop),
            config: self.config,
        }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Audio files; what was heard is forgotten between two
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// `nmea` or `jsonl`
    #[arg(long, value_name = "FORMAT", default_value = "nmea", value_parser = parse_format)]
    pub(crate) format: String,
    /// Time between two decisions, in seconds [default: the model's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) hop: Option<f64>,
    /// Also write what the net was given and what it said, a JSON object a window, to compare machines
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScoreArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// CSV with columns path and genre (`no-music`: not music); paths are relative to its folder
    #[arg(long, value_name = "CSV")]
    pub(crate) manifest: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_format(text: &str) -> Result<String, &'static str> {
    text.parse::<needledrop_protocol::Format>()
        .map(|format| format.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Cli, RunArgs};
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_refused() {
        let file: RunArgs =
            toml::from_str("model = \"a.onnx\"\nhop = 0.5\nserial = \"-\"").unwrap();
        let flags = RunArgs {
            hop: Some(1.0),
            ..RunArgs::default()
        };
        let merged = flags.or(file);
        assert_eq!(
            (merged.hop, merged.serial.as_deref()),
            (Some(1.0), Some("-"))
        );
        let error = toml::from_str::<RunArgs>("modle = \"a.onnx\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("modle"), "{error}");
    }
}
