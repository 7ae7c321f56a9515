//! Programs that never outlive this one: a name goes in, a command comes out.
//!
//! Three ways to end are covered: dropping a [`Running`](crate::child::Running) kills it; a panic unwinds and drops it;
//! and when this program is killed outright, the kernel kills the child, because `setpriv --pdeathsig` (util-linux)
//! asked it to. The child leads a process group of its own, so that Ctrl-C reaches this program alone, which then ends
//! things in order.
//!
//! The kernel looks at the *thread* that started the child: start children on the main thread only.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Result;

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

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_program_that_is_not_here_is_named() {
        let error = command("no-such-program").unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
