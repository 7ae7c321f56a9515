//! Tells systemd how the service is: ready, at work, stopping. Without systemd nothing is said.
//!
//! Only the worker says that it is alive, so that a worker which hangs in the sound system or the net is found out and
//! restarted, whatever other threads still do.
use sd_notify::NotifyState;
use std::time::{Duration, Instant};

/// Signs of life in the time after which systemd gives up.
const SIGNS_PER_LIMIT: u32 = 3;

/// The service manager, when there is one.
#[derive(Debug)]
pub struct Supervisor {
    /// Time between two signs of life; `None` when nobody watches.
    every: Option<Duration>,
    last: Option<Instant>,
}

impl Supervisor {
    /// What the environment says (`NOTIFY_SOCKET`, `WATCHDOG_USEC`).
    pub fn from_environment() -> Self {
        Self {
            every: sd_notify::watchdog_enabled().map(|limit| limit / SIGNS_PER_LIMIT),
            last: None,
        }
    }

    /// Model and outputs are ready. That no microphone is there is a state, not a failure to start.
    pub fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// What the service does now, for `systemctl status`.
    pub fn status(&self, words: &str) {
        tell(&[NotifyState::Status(words)]);
    }

    /// The worker works. Called often, said as often as needed.
    pub fn alive(&mut self) {
        let Some(every) = self.every else { return };
        if self.last.is_none_or(|last| last.elapsed() >= every) {
            self.last = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// The program ends.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

/// A service manager that can't be reached is no reason to stop hearing: it will act by itself.
fn tell(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}
