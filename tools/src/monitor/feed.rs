//! Lines from a serial port, a file or stdin, read on a thread of their own.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::Lines;

/// Rate of a port that names none.
pub const DEFAULT_BAUD: u32 = 115_200;

/// Pause between two attempts to open a port that went away.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// Lines that may wait to be shown; the reader then waits too.
const QUEUED_LINES: usize = 256;

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A serial port, reopened when it goes away.
    Port {
        /// Path of the device.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// A file or named pipe, read to its end.
    File(PathBuf),
    /// Standard input, read to its end.
    Stdin,
}

impl Source {
    /// Understands `PORT`, `PORT:BAUD`, `FILE` and `-`.
    ///
    /// # Errors
    /// Nothing of that name is there, or it is a folder.
    pub fn parse(argument: &str) -> Result<Self> {
        if argument == "-" {
            return Ok(Self::Stdin);
        }
        if let Ok(metadata) = Path::new(argument).metadata() {
            if metadata.is_dir() {
                bail!("{argument} is a folder; give a serial port, a file of records, or -");
            }
            return Ok(if metadata.file_type().is_char_device() {
                Self::Port {
                    path: argument.to_owned(),
                    baud: DEFAULT_BAUD,
                }
            } else {
                Self::File(PathBuf::from(argument))
            });
        }
        if let Some((path, baud)) = argument.rsplit_once(':')
            && let Ok(baud) = baud.parse()
            && Path::new(path).exists()
        {
            return Ok(Self::Port {
                path: path.to_owned(),
                baud,
            });
        }
        bail!(
            "no serial port or file {argument}; plug the board in, or give a file of records or -"
        )
    }

    /// The one serial port of this machine.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn only_port() -> Result<Self> {
        let ports = serialport::available_ports().context("could not list serial ports")?;
        match ports.as_slice() {
            [] => bail!("no serial port here; plug the board in, or give a file of records or -"),
            [port] => Ok(Self::Port {
                path: port.port_name.clone(),
                baud: DEFAULT_BAUD,
            }),
            several => {
                let names: Vec<&str> = several.iter().map(|port| port.port_name.as_str()).collect();
                bail!("several serial ports here, name one: {}", names.join(", "))
            }
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port { path, baud } => write!(f, "{path} at {baud}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// What the reading thread says.
#[derive(Debug)]
pub enum Event {
    /// A line without its end.
    Line(Vec<u8>),
    /// The port went away; it is tried again.
    Away(String),
    /// The port is back.
    Back,
    /// The file or stdin is at its end.
    End,
    /// Reading or logging failed for good.
    Failed(anyhow::Error),
}

/// Opens the source and reads it on a thread.
///
/// # Errors
/// The port, file or log can't be opened.
pub fn start(source: &Source, log: Option<&Path>) -> Result<Receiver<Event>> {
    let input = open(source)?;
    let log = log.map(open_log).transpose()?;
    let (sender, receiver) = sync_channel(QUEUED_LINES);
    let mut reader = Reader {
        lines: Lines::new(),
        log,
        sender,
    };
    let source = source.clone();
    thread::Builder::new()
        .name("feed".to_owned())
        .spawn(move || {
            // Nobody listens any more: the program is about to end.
            let _ = reader.run(&source, input);
        })
        .context("could not start the reading thread")?;
    Ok(receiver)
}

fn open(source: &Source) -> Result<Box<dyn Read + Send>> {
    Ok(match source {
        Source::Port { path, baud } => Box::new(
            serialport::new(path, *baud)
                .timeout(Duration::from_millis(500))
                .open_native()
                .with_context(|| format!("could not open serial port {path}"))?,
        ),
        Source::File(path) => Box::new(
            File::open(path).with_context(|| format!("could not open {}", path.display()))?,
        ),
        Source::Stdin => Box::new(io::stdin()),
    })
}

fn open_log(path: &Path) -> Result<File> {
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
    log: Option<File>,
    sender: SyncSender<Event>,
}

impl Reader {
    fn run(&mut self, source: &Source, mut input: Box<dyn Read + Send>) -> Result<(), Unheard> {
        let mut buffer = [0; 4096];
        loop {
            match input.read(&mut buffer) {
                Ok(0) if matches!(source, Source::Port { .. }) => {
                    input = self.reopen(source, "it was closed")?;
                }
                Ok(0) => {
                    self.end_line()?;
                    return self.send(Event::End);
                }
                Ok(count) => self.take(&buffer[..count])?,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) if matches!(source, Source::Port { .. }) => {
                    input = self.reopen(source, &error.to_string())?;
                }
                Err(error) => {
                    let error =
                        anyhow::Error::new(error).context(format!("could not read {source}"));
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

    fn reopen(&mut self, source: &Source, reason: &str) -> Result<Box<dyn Read + Send>, Unheard> {
        self.send(Event::Away(format!("{source}: {reason}")))?;
        self.lines = Lines::new();
        loop {
            thread::sleep(REOPEN_PAUSE);
            if let Ok(input) = open(source) {
                self.send(Event::Back)?;
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
    use super::{Event, Source, start};

    #[test]
    fn a_file_gives_its_lines_then_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        std::fs::write(&path, b"$A*0000\r\n$B*1111").unwrap();
        let log = folder.path().join("log");
        let source = Source::parse(path.to_str().unwrap()).unwrap();
        assert_eq!(source, Source::File(path.clone()));
        let events: Vec<Event> = start(&source, Some(&log)).unwrap().iter().collect();
        assert!(matches!(&events[0], Event::Line(line) if line == b"$A*0000"));
        assert!(
            matches!(&events[1], Event::Line(line) if line == b"$B*1111"),
            "a last line without its end counts"
        );
        assert!(matches!(events[2], Event::End));
        assert_eq!(std::fs::read(&log).unwrap(), std::fs::read(&path).unwrap());
    }

    #[test]
    fn names_are_told_apart() {
        assert_eq!(Source::parse("-").unwrap(), Source::Stdin);
        let port = Source::Port {
            path: "/dev/null".to_owned(),
            baud: 9_600,
        };
        assert_eq!(Source::parse("/dev/null:9600").unwrap(), port);
        let error = Source::parse("/dev/no-such-port").unwrap_err().to_string();
        assert!(error.contains("/dev/no-such-port"), "{error}");
        assert!(
            Source::parse("/")
                .unwrap_err()
                .to_string()
                .contains("folder")
        );
    }
}
