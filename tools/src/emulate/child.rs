//! Programs that never outlive this one: names in, running children out.
//!
//! Three ways to end are covered: dropping a [`Running`] kills it; a panic unwinds and drops it; and when this program
//! is killed outright, the kernel kills the child, because `setpriv --pdeathsig` (util-linux) asked it to. The child
//! leads a process group of its own, so that Ctrl-C reaches this program alone, which then ends things in order.
//!
//! The kernel looks at the *thread* that started the child: start children on the main thread only.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use anyhow::{Context as _, Result};

use super::programs;

/// A command for `program` whose process dies with this one.
///
/// # Errors
/// `setpriv` or the program is not installed.
pub(crate) fn command(program: &str) -> Result<Command> {
    let mut command = Command::new(programs::find("setpriv")?);
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(programs::find(program)?)
        .process_group(0);
    Ok(command)
}

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
    use super::{Running, command, last_line};
    use std::path::PathBuf;

    #[test]
    fn a_dropped_child_is_gone() {
        let mut sleep = command("sleep").unwrap();
        let mut running = Running::start("sleep", sleep.arg("1000")).unwrap();
        assert!(running.ended().unwrap().is_none());
        let entry = PathBuf::from(format!("/proc/{}", running.child.id()));
        assert!(entry.exists());
        drop(running);
        assert!(!entry.exists());
    }

    #[test]
    fn a_program_that_is_not_here_is_named() {
        let error = command("no-such-program").unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
    }

    #[test]
    fn the_last_words_are_those_with_letters() {
        let log = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(log.path(), "first\nqemu: no such device\n\n").unwrap();
        assert_eq!(last_line(log.path()), "qemu: no such device");
    }
}
