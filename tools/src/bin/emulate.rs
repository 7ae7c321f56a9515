//! Boots a card image in qemu, plays music to it and verifies its records; see [`needledrop_tools::emulate`].
//!
//! Exit codes: 0 everything in order, 1 not so, 2 error.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use clap::Parser;
use needledrop_tools::emulate::{Options, emulate};
use needledrop_tools::exit;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Exit code of a run that is told twice: what a shell gives for a program ended by SIGINT.
const IMPATIENT: i32 = 130;

fn main() -> ExitCode {
    exit::code("emulate", &run(&Options::parse()))
}

fn run(options: &Options) -> Result<bool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // The second signal ends the program at once.
        flag::register_conditional_shutdown(signal, IMPATIENT, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .context("could not set up signal handlers")?;
    }
    emulate(options, &stop, &mut io::stdout().lock())
}
