//! A reader that went away, as `head` does, is no failure.
use std::io;

/// Whether nothing else is behind an error.
pub fn is_broken_pipe(failed: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    failed
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(broken)
}
