//! From made-up music to records on a serial port; see [`needledrop_tools::demo`].
//!
//! Exit codes: 0 all records arrived and most clips were right, 1 not so, 2 error; when a program of the chain fails,
//! that program's own.

#[cfg(not(unix))]
compile_error!(
    "demo runs on Linux and macOS only; of these programs Windows has the monitor: cargo build --bin monitor"
);

use std::process::ExitCode;

use clap::Parser as _;
use needledrop_tools::demo::{Failed, Options, demo};
use needledrop_tools::{exit, stop};

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = stop::on_signals().and_then(|stop| demo(&options, &stop));
    if let Err(error) = &outcome
        && let Some(failed) = error.downcast_ref::<Failed>()
    {
        eprintln!("demo: {failed}");
        return ExitCode::from(failed.code());
    }
    exit::code("demo", &outcome)
}
