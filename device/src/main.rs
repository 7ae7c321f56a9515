//! `needledrop-device`: the command line, and what its exit codes mean (0 done, 1 a check said no, 2 error).

mod args;
mod command;
mod config;

use args::{Cli, Command};
use clap::{Parser, error::ErrorKind};
use needledrop_device::{journal, version};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) if error.kind() == ErrorKind::DisplayVersion => return print_version(),
        Err(error) => error.exit(),
    };
    let outcome = match command {
        Command::Run(args) => command::run(args),
        Command::Records(args) => command::records(&args),
        Command::Replay(args) => command::replay(&args),
        Command::Devices => command::devices(),
        Command::Bench(args) => command::bench(&args),
        Command::Selftest(args) => command::selftest(&args),
        Command::Score(args) => command::score(&args),
        Command::Diagnose => command::diagnose(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            journal::say(format_args!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

/// The program in the first line, then a line for each frontend that its models may be made for.
fn print_version() -> ExitCode {
    let mut text = format!("{}\n", version::FIRMWARE);
    for (name, id) in version::frontends() {
        text.push_str(&format!("frontend {name} {id}\n"));
    }
    // A reader that leaves has seen enough.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Whoever read standard output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
