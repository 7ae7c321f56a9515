//! Bytes from wherever records come from to events, read on a thread of their own.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use needledrop_protocol::Lines;

/// Pause between two attempts to open what went away.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// Events that may wait to be shown; the reader then waits too.
const QUEUED_EVENTS: usize = 256;

/// Bytes of an open source. A read may end with [`io::ErrorKind::TimedOut`]: nothing has come so far.
pub type Input = Box<dyn Read + Send>;

/// Whether a read of an [`Input`] only found that nothing has come so far.
pub(crate) fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// Something that can be opened and read.
pub trait Origin: Send {
    /// Its name for people, as it is now.
    fn name(&self) -> String;

    /// Opens it: at the start, and each second after it went away.
    ///
    /// # Errors
    /// It is not there or not ours to read.
    fn open(&mut self) -> Result<Input>;

    /// Whether it is opened again after its end or an error, as a port is that was unplugged.
    fn returns(&self) -> bool;
}

/// What the reading thread says.
#[derive(Debug)]
pub enum Event {
    /// A line without its end.
    Line(Vec<u8>),
    /// Something notable that is no line, from a thread that has something to say.
    Remark(String),
    /// The source went away, and why; it is tried again.
    Away(String),
    /// The source is back under this name.
    Back(String),
    /// The source is at its end.
    End,
    /// The program is asked to end.
    Stop,
    /// Reading or logging failed for good.
    Failed(anyhow::Error),
}

/// Where events go and come from. Others than the reader may send [`Event::Remark`]; with `try_send`, never to wait.
pub fn channel() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(QUEUED_EVENTS)
}

/// Opens the source and reads it on a thread; gives back its name.
///
/// # Errors
/// The source or the log can't be opened.
pub fn start(
    mut origin: Box<dyn Origin>,
    log: Option<&Path>,
    sender: SyncSender<Event>,
) -> Result<String> {
    let input = origin.open()?;
    let name = origin.name();
    let log = log.map(open_log).transpose()?;
    let mut reader = Reader {
        lines: Lines::new(),
        origin,
        log,
        sender,
    };
    thread::Builder::new()
        .name("feed".to_owned())
        .spawn(move || {
            // Nobody listens any more: the program is about to end.
            let _ = reader.run(input);
        })
        .context("could not start the reading thread")?;
    Ok(name)
}

/// A file to which what arrives is appended, byte for byte.
///
/// # Errors
/// It can't be opened.
pub(crate) fn open_log(path: &Path) -> Result<File> {
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("could not open the log {}", path.display()))
}

/// The listener is gone.
struct Unheard;

struct Reader {
    lines: Lines,
    origin: Box<dyn Origin>,
    log: Option<File>,
    sender: SyncSender<Event>,
}

impl Reader {
    fn run(&mut self, mut input: Input) -> Result<(), Unheard> {
        let mut buffer = [0; 4096];
        loop {
            match input.read(&mut buffer) {
                Ok(0) if self.origin.returns() => input = self.reopen(input, "closed")?,
                Ok(0) => {
                    self.end_line()?;
                    return self.send(Event::End);
                }
                Ok(count) => self.take(&buffer[..count])?,
                Err(error) if is_wait(&error) => {}
                Err(error) if self.origin.returns() => {
                    // What a serial port says when its device is gone.
                    let reason = match error.kind() {
                        io::ErrorKind::BrokenPipe => "unplugged".to_owned(),
                        _ => error.to_string().to_lowercase(),
                    };
                    input = self.reopen(input, &reason)?;
                }
                Err(error) => {
                    let name = self.origin.name();
                    let error = anyhow::Error::new(error).context(format!("could not read {name}"));
                    return self.send(Event::Failed(error));
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Unheard> {
        if let Some(log) = &mut self.log
            && let Err(error) = log.write_all(bytes)
        {
            self.send(Event::Failed(
                anyhow::Error::new(error).context("could not write the log"),
            ))?;
            return Err(Unheard);
        }
        let mut heard = Ok(());
        let sender = &self.sender;
        self.lines.push(bytes, |line| {
            if heard.is_ok() {
                heard = sender.send(Event::Line(line.to_vec())).map_err(|_| Unheard);
            }
        });
        heard
    }

    fn end_line(&mut self) -> Result<(), Unheard> {
        let mut last = None;
        self.lines.finish(|line| last = Some(line.to_vec()));
        last.map_or(Ok(()), |line| self.send(Event::Line(line)))
    }

    fn reopen(&mut self, gone: Input, reason: &str) -> Result<Input, Unheard> {
        // A handle that is still open would keep the old name from being given again.
        drop(gone);
        let name = self.origin.name();
        self.send(Event::Away(format!("{name} went away ({reason})")))?;
        self.lines = Lines::new();
        loop {
            thread::sleep(REOPEN_PAUSE);
            if let Ok(input) = self.origin.open() {
                self.send(Event::Back(self.origin.name()))?;
                return Ok(input);
            }
        }
    }

    fn send(&self, event: Event) -> Result<(), Unheard> {
        self.sender.send(event).map_err(|_| Unheard)
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, channel, start};
    use crate::monitor::source::Source;

    #[test]
    fn a_file_gives_its_lines_then_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        std::fs::write(&path, b"$A*0000\r\n$B*1111").unwrap();
        let log = folder.path().join("log");
        let (sender, events) = channel();
        start(Source::File(path.clone()).origin(), Some(&log), sender).unwrap();
        let events: Vec<Event> = events.iter().collect();
        assert!(matches!(&events[0], Event::Line(line) if line == b"$A*0000"));
        assert!(
            matches!(&events[1], Event::Line(line) if line == b"$B*1111"),
            "a last line without its end counts"
        );
        assert!(matches!(events[2], Event::End));
        assert_eq!(std::fs::read(&log).unwrap(), std::fs::read(&path).unwrap());
    }
}
