//! The running guest: qemu, and its two serial ports as sockets read on threads of their own.

use std::fs::File;
use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::Lines;

use super::card::Card;
use super::child;
use super::machine::Machine;
use super::pulse::Pulse;
use super::qemu;
use crate::child::{Running, last_line};
use crate::monitor::feed::open_log;

/// Longest wait for qemu to open its ports.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// What arrives, and when.
#[derive(Debug)]
pub(crate) enum Event {
    /// A line of the header's UART, without its end.
    Record(Vec<u8>, Instant),
    /// A line of the console.
    Console(String, Instant),
    /// A port was closed: qemu is ending.
    Closed,
    /// A log can't be written.
    Failed(anyhow::Error),
}

/// Where what arrives is kept, byte for byte.
#[derive(Debug)]
pub(crate) struct Logs {
    /// The console's.
    pub(crate) console: PathBuf,
    /// The UART's, appended to.
    pub(crate) records: Option<PathBuf>,
}

/// qemu; ends when dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    qemu: Running,
    qemu_log: PathBuf,
    console: UnixStream,
    /// What arrives.
    pub(crate) events: Receiver<Event>,
}

impl Guest {
    /// Starts qemu with the card.
    ///
    /// # Errors
    /// qemu does not start or dislikes its arguments, with its last words; a log that can't be opened.
    pub(crate) fn start(
        machine: Machine,
        card: &Card,
        pulse: Option<&Pulse>,
        logs: &Logs,
        folder: &Path,
    ) -> Result<Self> {
        let console_log = File::create(&logs.console)
            .with_context(|| format!("could not write {}", logs.console.display()))?;
        let records_log = logs.records.as_deref().map(open_log).transpose()?;
        let console = Port::listen(folder.join("console"))?;
        let uart = Port::listen(folder.join("uart"))?;
        let qemu_log = folder.join("qemu.log");
        let mut command = child::command("qemu-system-aarch64")?;
        if let Some(pulse) = pulse {
            pulse.set_environment(&mut command);
        }
        command
            .args(qemu::arguments(machine, card, &console.path, &uart.path))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&qemu_log).context("could not write qemu's log")?);
        let mut qemu = Running::start("qemu", &mut command)?;
        let mut accept = |port: Port| port.accept(&mut qemu, &qemu_log);
        let (console, uart) = (accept(console)?, accept(uart)?);
        let (sender, events) = channel();
        let reading = console
            .try_clone()
            .context("could not use the console's socket")?;
        read_on_thread(reading, Some(console_log), sender.clone(), |line, at| {
            Event::Console(String::from_utf8_lossy(line).into_owned(), at)
        })?;
        read_on_thread(uart, records_log, sender, |line, at| {
            Event::Record(line.to_vec(), at)
        })?;
        Ok(Self {
            qemu,
            qemu_log,
            console,
            events,
        })
    }

    /// Types a line on the console.
    ///
    /// # Errors
    /// qemu is gone.
    pub(crate) fn type_line(&mut self, line: &str) -> Result<()> {
        writeln!(self.console, "{line}").context("could not write to the guest's console")
    }

    /// Whether qemu has ended by itself, and its last words.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn ended(&mut self) -> Result<Option<String>> {
        let ended = self.qemu.ended()?;
        Ok(ended.map(|status| format!("qemu ended ({status}): {}", last_line(&self.qemu_log))))
    }
}

/// A socket that qemu is to connect to.
struct Port {
    path: PathBuf,
    listener: UnixListener,
}

impl Port {
    fn listen(path: PathBuf) -> Result<Self> {
        let listener = UnixListener::bind(&path)
            .with_context(|| format!("could not make the socket {}", path.display()))?;
        Ok(Self { path, listener })
    }

    fn accept(self, qemu: &mut Running, log: &Path) -> Result<UnixStream> {
        let started = Instant::now();
        self.listener
            .set_nonblocking(true)
            .context("could not set up a socket")?;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream
                        .set_nonblocking(false)
                        .context("could not set up a socket")?;
                    return Ok(stream);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("could not connect to qemu"),
            }
            if let Some(status) = qemu.ended()? {
                bail!("qemu did not start ({status}): {}", last_line(log));
            }
            if started.elapsed() > CONNECT_LIMIT {
                let seconds = CONNECT_LIMIT.as_secs();
                bail!(
                    "qemu opened no serial port within {seconds} s: {}",
                    last_line(log)
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Reads lines until the far end closes.
fn read_on_thread(
    mut stream: UnixStream,
    mut log: Option<File>,
    sender: Sender<Event>,
    event: impl Fn(&[u8], Instant) -> Event + Send + 'static,
) -> Result<()> {
    let read = move || {
        let mut lines = Lines::new();
        let mut buffer = [0; 4096];
        loop {
            let count = match stream.read(&mut buffer) {
                Ok(count) if count > 0 => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                _ => {
                    lines.finish(|line| drop(sender.send(event(line, Instant::now()))));
                    return drop(sender.send(Event::Closed));
                }
            };
            let at = Instant::now();
            if let Some(log) = &mut log
                && let Err(error) = log.write_all(&buffer[..count])
            {
                let error = anyhow::Error::new(error).context("could not write a log");
                return drop(sender.send(Event::Failed(error)));
            }
            // Nobody listens any more when a send fails: the guest is about to end.
            lines.push(&buffer[..count], |line| drop(sender.send(event(line, at))));
        }
    };
    thread::Builder::new()
        .name("port".to_owned())
        .spawn(read)
        .context("could not start a reading thread")?;
    Ok(())
}
