//! Boots a card image in qemu, plays music to it and verifies its records; see [`needledrop_tools::emulate`].
//!
//! Exit codes: 0 everything in order, 1 not so, 2 error.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use needledrop_tools::emulate::{Options, emulate};
use needledrop_tools::{exit, stop};

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome =
        stop::on_signals().and_then(|stop| emulate(&options, &stop, &mut io::stdout().lock()));
    exit::code("emulate", &outcome)
}
