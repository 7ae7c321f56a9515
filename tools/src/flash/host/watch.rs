//! The board's records, shown over the same connection.
//!
//! `needledrop-device records` there is what a serial port is elsewhere: when the service is started again it ends and
//! is opened again, and so is a connection that was lost.
use super::{access::Access, answer, interrupt::Interrupt, ssh::Connection};
use crate::flash::talk::say;
use crate::monitor::{
    feed::{self, Input, Origin},
    plain,
    view::{self, View},
};
use anyhow::{Context as _, Result, bail};
use std::{
    io::{self, Cursor, IsTerminal as _, Read, Write as _},
    process::{Child, ChildStdout, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What to show after the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Nothing.
    Nothing,
    /// Records, as lines, for this long.
    For(Duration),
    /// Records until somebody stops it.
    UntilStopped,
}

/// Shows them; false when some were damaged or missing.
///
/// # Errors
/// There are none, or they cannot be shown.
pub(super) fn watch(
    connection: Connection,
    access: &Access,
    interrupt: &Interrupt,
    watch: Watch,
) -> Result<bool> {
    let limit = match watch {
        Watch::Nothing => return Ok(true),
        Watch::For(time) => Some(time),
        Watch::UntilStopped => None,
    };
    let view = if limit.is_none() && io::stdout().is_terminal() {
        View::Terminal
    } else {
        View::Plain
    };
    let name = connection.destination().to_string();
    let before = limit.map_or(String::new(), |time| {
        format!("timeout {} ", time.as_secs().max(1))
    });
    let (command, input) = access.command(&format!("{before}needledrop-device records"));
    let connection = Arc::new(Mutex::new(Some(connection)));
    let records = Records {
        name: name.clone(),
        command,
        input,
        again: limit.is_none(),
        interrupt: interrupt.clone(),
        connection: Arc::clone(&connection),
    };
    let (sender, events) = feed::channel();
    feed::start(Box::new(records), None, sender)?;
    let shown = view::show(&events, &name, view, Vec::new());
    // The reading thread may still wait for records; without its connection it ends, and nothing is left behind.
    interrupt.end_now();
    drop(connection.lock().map(|mut held| held.take()));
    let counts = shown?.session.counts();
    say(format_args!("{name}: {}", plain::totals(&counts)));
    Ok(interrupt.asked() || limit.is_none() || counts.is_clean() && counts.records > 0)
}

/// The records of the board, as something the monitor reads.
struct Records {
    name: String,
    command: String,
    /// What the command reads first: sudo's password, if it asks.
    input: String,
    /// Whether the end is not the end.
    again: bool,
    interrupt: Interrupt,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl Origin for Records {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn open(&mut self) -> Result<Input> {
        let mut held = self.connection.lock().map_err(|_| Left)?;
        let connection = held.as_mut().context(Left)?;
        if connection.is_lost() {
            connection.reopen()?;
            self.interrupt.ends(connection.process());
        }
        let mut child = connection
            .session(&self.command)
            .stdin(Stdio::piped())
            .spawn()
            .context("could not start ssh")?;
        drop(held);
        let words = child.stderr.take().map(answer::collect);
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read it says why.
            let _ = stdin.write_all(self.input.as_bytes());
        }
        let stdout = child.stdout.take();
        let mut session = Session { child, stdout };
        // A board that speaks gives its last `begin` at once, so the first bytes tell that this is open.
        let mut first = [0; 4096];
        let count = session.read(&mut first).context("could not read")?;
        if count == 0 {
            let words = words.map(answer::join).unwrap_or_default();
            let last = words.lines().last().unwrap_or("it said nothing").trim();
            bail!("no records from {}: {last}", self.name);
        }
        Ok(Box::new(
            Cursor::new(first[..count].to_vec()).chain(session),
        ))
    }

    fn returns(&self) -> bool {
        self.again && !self.interrupt.asked()
    }
}

/// The user left while a record was waited for.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed")]
struct Left;

/// A session's stdout; its process goes with it.
struct Session {
    child: Child,
    stdout: Option<ChildStdout>,
}

impl Read for Session {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stdout
            .as_mut()
            .map_or(Ok(0), |stdout| stdout.read(buffer))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stdout = None;
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
