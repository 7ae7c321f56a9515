//! Packs a training run into a model for the board; see [`needledrop_tools::export`].

#[cfg(not(unix))]
compile_error!(
    "export runs on Linux and macOS only; of these programs Windows has the monitor: cargo build --bin monitor"
);

use anyhow::Result;
use clap::Parser;
use needledrop_tools::{
    exit,
    export::{Options, Outcome, export},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    exit::code("export", &run(&Options::parse()))
}

fn run(options: &Options) -> Result<bool> {
    let mut out = io::stdout().lock();
    let outcome = export(options, &mut out)?;
    out.flush()?;
    if outcome == Outcome::Refused {
        eprintln!(
            "export: the runtimes do not give the trainer's logits for {}; nothing was written: report the \
             architecture, its exporter is at fault",
            options.run.display()
        );
    }
    Ok(outcome == Outcome::Done)
}
