//! What the exit codes of the programs mean: an outcome in, a code and an error printed once out.
use anyhow::Result;
use std::{io, process::ExitCode};

/// 0 for `true` (done) and for a reader that went away, as `head` does; 1 for `false`, a check that said no; 2 for an
/// error, which is printed as one line that starts with the program's name.
pub fn code(program: &str, outcome: &Result<bool>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) if is_broken_pipe(error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(broken)
}

#[cfg(test)]
mod tests {
    use super::code;
    use anyhow::Context as _;
    use std::{io, process::ExitCode};

    #[test]
    fn a_reader_that_left_is_no_error_whatever_was_being_done() {
        let failed = |kind| Err(io::Error::from(kind)).context("could not write to stdout");
        let broken = failed(io::ErrorKind::BrokenPipe);
        assert_eq!(code("test", &broken), ExitCode::SUCCESS);
        let full = failed(io::ErrorKind::StorageFull);
        assert_eq!(code("test", &full), ExitCode::from(2));
        assert_eq!(code("test", &Ok(false)), ExitCode::from(1));
    }
}
