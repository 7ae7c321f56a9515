//! What leaves the program: lines of data on stdout, and the exit code, 0 done, 2 error; a broken pipe is 0. Errors are
//! printed once, here. No command is a check that says no, which would be 1.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Exit code of an error.
const ERROR: u8 = 2;

/// Writes a line of data to stdout.
///
/// # Errors
/// Those of stdout; a broken pipe becomes exit code 0 at the end.
pub(super) fn print_line(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.write_all(b"\n")?;
    Ok(stdout.flush()?)
}

/// clap's own messages: help and version are data, the rest are errors.
pub(super) fn of_clap(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match printed {
        Err(pipe) if pipe.kind() != ErrorKind::BrokenPipe => ExitCode::from(ERROR),
        _ if error.use_stderr() => ExitCode::from(ERROR),
        _ => ExitCode::SUCCESS,
    }
}

pub(super) fn of(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere is left to report a closed stderr to.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(ERROR)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
