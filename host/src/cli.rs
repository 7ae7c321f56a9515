//! The command line: one module a subcommand, each with its `Args` and its `run`.

mod data;
mod ensemble;
mod evaluate;
mod exit;
mod features;
mod input;
mod models;
mod pictures;
mod predict;
mod prepare;
mod report;
mod synth;
mod train;

use anyhow::Context;
use clap::{Parser, Subcommand};
use needledrop_bundle::Origin;
use std::path::Path;
use std::process::ExitCode;

pub use exit::{Outcome, print_line};

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

fn run(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Synth(args) => args.run(),
        Command::Prepare(args) => args.run(),
        Command::Data(args) => args.run(),
        Command::Features(args) => args.run(),
        Command::Train(args) => args.run(),
        Command::Ensemble(args) => args.run(),
        Command::Evaluate(args) => args.run(),
        Command::Predict(args) => args.run(),
        Command::Report(args) => args.run(),
        Command::Models(args) => args.run(),
        Command::Pictures(args) => args.run(),
    }
}

/// A frontend preset by name.
fn preset(name: &str) -> anyhow::Result<needledrop_frontend::FrontendConfig> {
    needledrop_frontend::FrontendConfig::preset(name)
        .with_context(|| format!("--preset {name}: unknown; known are seed, mfcc and compact"))
}

/// What to do with a finished run.
fn next_step(run: &Path, origin: &Origin) -> String {
    let run = run.display();
    match origin {
        Origin::Frontend(_) => format!("pack it for the board: tools/export {run} --name NAME"),
        Origin::External(_) => format!(
            "no board computes imported features; pack it for study: tools/export {run} --name NAME --allow-external"
        ),
    }
}

/// Says what reading a data set had to leave out.
fn report_losses(losses: &needledrop_data::Losses, dir: &Path) {
    if !losses.is_empty() {
        needledrop_data::progress::say(format!(
            "warning: {}: {losses}; prepare it again",
            dir.display()
        ));
    }
}

/// For options that are amounts.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("must be a number above 0".to_owned()),
    }
}
