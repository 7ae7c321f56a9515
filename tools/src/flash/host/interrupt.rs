//! Ctrl-C and SIGTERM: the connection ends, and with it everything that waits for it.
use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

/// Whether somebody asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
    /// The process to end then; 0 is none yet.
    process: Arc<AtomicI32>,
}

impl Interrupt {
    /// Takes the signals over from now on.
    ///
    /// # Errors
    /// They cannot be taken.
    pub(super) fn new() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let process = Arc::new(AtomicI32::new(0));
        let mut signals =
            Signals::new([SIGINT, SIGTERM]).context("could not take over the signals")?;
        let (asks, ends) = (Arc::clone(&asked), Arc::clone(&process));
        thread::spawn(move || {
            for _ in signals.forever() {
                asks.store(true, Ordering::SeqCst);
                end(&ends);
            }
        });
        Ok(Self { asked, process })
    }

    /// The process to end when asked.
    pub(super) fn ends(&self, process: u32) {
        self.process
            .store(i32::try_from(process).unwrap_or(0), Ordering::SeqCst);
    }

    /// Ends the process without being asked: nothing more is wanted of it.
    pub(super) fn end_now(&self) {
        end(&self.process);
    }

    /// What becomes true when somebody asks.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// Whether somebody asked.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

fn end(process: &AtomicI32) {
    if let Some(process) = Pid::from_raw(process.swap(0, Ordering::SeqCst)) {
        // It may have ended by itself.
        let _ = kill_process(process, Signal::TERM);
    }
}
