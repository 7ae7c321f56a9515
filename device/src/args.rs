//! The command line. build.rs reads this file too, for the man page and the completions: nothing but clap, serde and
//! the standard library is named here.
use clap::{Args, Parser, Subcommand};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use std::{fmt, path::PathBuf};

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
    /// PORT[:BAUD], or `-` for standard output; up to 4 by repeating it (in the file: a list). The first one is
    /// accounted for in status records, the others are best effort. A missing port is waited for [default: -]
    #[arg(long, value_name = "PORT[:BAUD]")]
    #[serde(default, deserialize_with = "one_or_more")]
    pub(crate) serial: Option<Vec<String>>,
    /// Also offer the records on this Unix socket; `needledrop-device records` reads it
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Also keep what is heard, as a WAV file that `replay` tags the same; FILE.1.wav and so on when the input is opened
    /// again, or after 2 GiB. What is there is replaced; samples lost to overruns are left out
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
            socket: self.socket.or(file.socket),
            record: self.record.or(file.record),
            format: self.format.or(file.format),
            hop: self.hop.or(file.hop),
            config: self.config,
        }
    }
}

/// A string, or a list of strings.
fn one_or_more<'de, D: Deserializer<'de>>(file: D) -> Result<Option<Vec<String>>, D::Error> {
    struct OneOrMore;
    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a port or a list of ports")
        }
        fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, more: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(more))
        }
    }
    file.deserialize_any(OneOrMore).map(Some)
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
    use super::{Cli, FORMATS, RunArgs};
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

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_refused() {
        let file: RunArgs =
            toml::from_str("model = \"a.onnx\"\nhop = 0.5\nserial = \"-\"\nrecord = \"a.wav\"")
                .unwrap();
        let flags = RunArgs {
            hop: Some(1.0),
            record: Some("b.wav".into()),
            ..RunArgs::default()
        };
        let merged = flags.or(file);
        assert_eq!(merged.hop, Some(1.0));
        assert_eq!(merged.serial, Some(vec!["-".to_owned()]));
        assert_eq!(merged.record, Some("b.wav".into()));
        let error = toml::from_str::<RunArgs>("modle = \"a.onnx\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("modle"), "{error}");
    }

    #[test]
    fn the_file_names_one_port_or_a_list() {
        let ports = |text: &str| toml::from_str::<RunArgs>(text).map(|args| args.serial);
        assert_eq!(ports("").unwrap(), None);
        assert_eq!(ports("serial = []").unwrap(), Some(vec![]));
        let two = ["/dev/ttyS0:9600", "-"].map(String::from).to_vec();
        assert_eq!(
            ports("serial = [\"/dev/ttyS0:9600\", \"-\"]").unwrap(),
            Some(two)
        );
        for wrong in ["serial = 1", "serial = [1]"] {
            assert!(ports(wrong).is_err(), "{wrong}");
        }
        let said = ports("serial = 1").unwrap_err().to_string();
        assert!(said.contains("a port or a list of ports"), "{said}");
    }
}
