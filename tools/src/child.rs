//! Children that end with what holds them: a command goes in, a running child comes out; and the last words of a log.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use anyhow::{Context as _, Result};

/// A child that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// How it ended, or `None` while it runs.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("could not ask for {}", self.name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last words of a log: why a child ended, in one line.
pub(crate) fn last_line(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map_or_else(
            || "it said nothing".to_owned(),
            |line| line.trim().to_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::last_line;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dropped_child_is_gone() {
        let mut sleep = std::process::Command::new("sleep");
        let mut running = super::Running::start("sleep", sleep.arg("1000")).unwrap();
        assert!(running.ended().unwrap().is_none());
        let entry = std::path::PathBuf::from(format!("/proc/{}", running.child.id()));
        assert!(entry.exists());
        drop(running);
        assert!(!entry.exists());
    }

    #[test]
    fn the_last_words_are_those_with_letters() {
        let log = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(log.path(), "first\nqemu: no such device\n\n").unwrap();
        assert_eq!(last_line(log.path()), "qemu: no such device");
    }
}
