//! Ctrl-C, a closed terminal and SIGTERM ask a program to stop; it ends at its next step, with its temporary files.
use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Exit code of a program that is told twice: what a shell gives for one ended by SIGINT.
const IMPATIENT: i32 = 130;

/// Is true once somebody asked. Asked a second time, the program ends at once.
///
/// # Errors
/// The signals can't be taken over.
pub fn on_signals() -> Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register_conditional_shutdown(signal, IMPATIENT, Arc::clone(&asked))
            .and_then(|_| flag::register(signal, Arc::clone(&asked)))
            .context("could not take over the signals")?;
    }
    Ok(asked)
}

/// Between two steps of long work.
///
/// # Errors
/// Somebody asked.
pub fn check(asked: &AtomicBool) -> Result<()> {
    if asked.load(Ordering::Relaxed) {
        bail!("stopped");
    }
    Ok(())
}

/// How often a wait for a line looks whether somebody asked.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// A person's answer. Signals that are taken over do not end the reading of a line, so this waits until there is one.
///
/// # Errors
/// Somebody asked to stop; standard input can't be read.
pub fn read_line(asked: &AtomicBool) -> Result<String> {
    let stdin = io::stdin();
    loop {
        check(asked)?;
        let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut waiting, Some(&LOOK)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            _ => break,
        }
    }
    let mut line = String::new();
    stdin
        .read_line(&mut line)
        .context("could not read the answer")?;
    Ok(line)
}
