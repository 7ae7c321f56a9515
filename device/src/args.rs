//! The command line. build.rs reads this file too, for the man page and the completions: nothing but clap and the
//! standard library is named here.
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Where the service offers its records.
pub(crate) const RECORDS_SOCKET: &str = "/run/needledrop/records";

/// Names of the formats, the first is the default.
pub(crate) const FORMATS: [&str; 2] = ["nmea", "jsonl"];

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
    /// Copy the records of a program that runs, as they come, to standard output until Ctrl-C
    Records(RecordsArgs),
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

/// Flags of `run`; its configuration file has them as keys.
#[derive(Clone, Debug, Default, Args)]
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
    /// PORT[:BAUD], or `-` for standard output; up to 4 by repeating it (in the file: a list). The first one is
    /// accounted for in status records, the others are best effort. A missing port is waited for [default: -]
    #[arg(long, value_name = "PORT[:BAUD]")]
    pub(crate) serial: Option<Vec<String>>,
    /// Also offer the records on this Unix socket; `needledrop-device records` reads it
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Also keep what is heard, as a WAV file that `replay` tags the same; FILE.1.wav and so on when the input is
    /// opened again, or after 2 GiB. What is there is replaced; samples lost to overruns are left out
    #[arg(long, value_name = "FILE.wav")]
    pub(crate) record: Option<PathBuf>,
    /// How records are written [default: nmea]
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS)]
    pub(crate) format: Option<String>,
    /// Time between two decisions, in seconds [default: the model's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) hop: Option<f64>,
    /// TOML file with these flags as keys
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RecordsArgs {
    /// Socket that `run --socket` offers
    #[arg(long, value_name = "PATH", default_value = RECORDS_SOCKET)]
    pub(crate) socket: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Audio files; what was heard is forgotten between two
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// How records are written
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0], value_parser = FORMATS)]
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

#[cfg(test)]
mod tests {
    use super::{Cli, FORMATS};
    use clap::CommandFactory as _;
    use needledrop_protocol::Format;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_formats_are_those_of_the_protocol() {
        assert_eq!(FORMATS, [Format::Nmea, Format::Jsonl].map(Format::name));
    }
}
