//! The command line: one module a subcommand, each with its `Args` and its `run`; what several share is in `input`,
//! `values` and `messages`, and `exit` makes the exit code of an outcome.

mod data;
mod ensemble;
mod evaluate;
mod exit;
mod features;
mod input;
mod messages;
mod models;
mod pictures;
mod predict;
mod prepare;
mod report;
mod synth;
mod tagger;
mod train;
mod values;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Trains genre models for small boards.
#[derive(Parser)]
#[command(name = "needledrop", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Synth(synth::Args),
    Prepare(prepare::Args),
    Data(data::Args),
    Features(features::Args),
    Train(train::Args),
    Tagger(tagger::Args),
    Ensemble(ensemble::Args),
    Evaluate(evaluate::Args),
    Predict(predict::Args),
    Report(report::Args),
    Models(models::Args),
    Pictures(pictures::Args),
}

/// Parses the arguments, runs the command, gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_clap(&error),
    };
    exit::of(run(cli.command))
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Synth(args) => args.run(),
        Command::Prepare(args) => args.run(),
        Command::Data(args) => args.run(),
        Command::Features(args) => args.run(),
        Command::Train(args) => args.run(),
        Command::Tagger(args) => args.run(),
        Command::Ensemble(args) => args.run(),
        Command::Evaluate(args) => args.run(),
        Command::Predict(args) => args.run(),
        Command::Report(args) => args.run(),
        Command::Models(args) => args.run(),
        Command::Pictures(args) => args.run(),
    }
}
