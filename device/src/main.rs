//! `needledrop-device`: the command line, and what its exit codes mean (0 done, 1 a check said no, 2 error).

mod args;
mod command;

use args::{Cli, Command};
use clap::Parser;
use std::{io, process::ExitCode};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => command::run(args),
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
            eprintln!("needledrop-device: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whoever read standard output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
