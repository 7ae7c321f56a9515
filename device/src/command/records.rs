//! `records`: what a running program says, from its socket to standard output.
use crate::args::RecordsArgs;
use anyhow::Context as _;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

/// Copies records until the program ends, the reader of standard output leaves, or a signal comes: all are a good end.
pub(crate) fn records(args: &RecordsArgs) -> anyhow::Result<bool> {
    let path = &args.socket;
    let mut stream = UnixStream::connect(path).map_err(|error| unreachable(path, &error))?;
    // Nothing is ever left to be written between two reads, so a signal may end the program at once.
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 0, Arc::new(AtomicBool::new(true)))
            .context("signal handlers")?;
    }
    let mut out = io::stdout().lock();
    let mut chunk = [0; 4096];
    let mut anything = false;
    loop {
        let bytes = match stream.read(&mut chunk) {
            Ok(0) if anything => return Ok(true),
            Ok(0) => anyhow::bail!(
                "socket {} was closed without a record: it has all the readers that it takes, or its program ends just \
                 now; try again",
                path.display()
            ),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context(format!("socket {}", path.display())),
        };
        anything = true;
        out.write_all(&chunk[..bytes])
            .and_then(|()| out.flush())
            .context("standard output")?;
    }
}

/// Says what to do about a socket that can't be read.
fn unreachable(path: &Path, error: &io::Error) -> anyhow::Error {
    let next = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            "is the service running? see `systemctl status needledrop`"
        }
        io::ErrorKind::PermissionDenied => {
            "this user may not read it; use sudo, or add the user to the socket's group"
        }
        _ => "name the socket of `needledrop-device run --socket PATH`",
    };
    anyhow::anyhow!("socket {}: {error}; {next}", path.display())
}
