//! Records to any program on the board that asks: a Unix stream socket, and the threads behind it.
//!
//! One thread waits for readers and one for records, which the `audience` is told; both sleep while there are none, and
//! the worker waits for neither.
use crate::{
    audience::{Audience, Event},
    limits::{CLOSE_LOOK, QUEUE_RECORDS},
};
use needledrop_protocol::{Format, Record};
use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Reading and writing for the owner and the group, nothing for others.
const MODE: u32 = 0o660;

/// Time before the next reader is waited for when one could not be taken, as when no files are left to open.
const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// Why the socket can't be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// A program listens there.
    #[error("socket {path} is another program's; stop that one, or name another socket")]
    Taken {
        /// Socket.
        path: PathBuf,
    },
    /// Something that must not be removed.
    #[error("socket {path} is there and is no socket; name another path")]
    NotASocket {
        /// What is there.
        path: PathBuf,
    },
    /// The operating system's reason.
    #[error("socket {path} can't be made; its folder must be there and writable")]
    System {
        /// Socket.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

/// The worker's end. Dropping it removes the socket.
pub struct Readers {
    events: SyncSender<Event>,
    path: PathBuf,
    thread: JoinHandle<()>,
}

impl Readers {
    /// Offers the socket; one that a dead program left behind is replaced.
    ///
    /// # Errors
    /// When something else is there, or the folder is not.
    pub fn start(path: &Path, format: Format) -> Result<Self, SocketError> {
        let failed = |source| SocketError::System {
            path: path.to_owned(),
            source,
        };
        remove_stale(path)?;
        let listener = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(MODE)).map_err(failed)?;
        let (events, received) = sync_channel(QUEUE_RECORDS);
        let arrivals = events.clone();
        thread::spawn(move || welcome(&listener, &arrivals));
        let thread = thread::spawn(move || Audience::new(format).serve(&received));
        Ok(Self {
            events,
            path: path.to_owned(),
            thread,
        })
    }

    /// Hands a record on; it is lost to the readers when the queue is full. Never waits.
    pub fn send(&self, record: &Record) {
        let _ = self
            .events
            .try_send(Event::Record(Box::new(record.clone())));
    }

    /// Ends the streams behind the last record, at most until `deadline`.
    pub fn close(self, deadline: Instant) {
        let mut told = false;
        while !self.thread.is_finished() && Instant::now() < deadline {
            told = told || self.events.try_send(Event::End).is_ok();
            thread::sleep(CLOSE_LOOK);
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        // A reader that finds nothing any more is told the truth.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the socket of a program that is gone.
fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let path_buf = || path.to_owned();
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket { path: path_buf() });
    }
    let refused = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound
        )
    };
    match UnixStream::connect(path) {
        Err(error) if refused(&error) => {
            fs::remove_file(path).map_err(|source| SocketError::System {
                path: path_buf(),
                source,
            })
        }
        _ => Err(SocketError::Taken { path: path_buf() }),
    }
}

/// Takes readers until nobody serves them any more.
fn welcome(listener: &UnixListener, arrivals: &SyncSender<Event>) {
    for reader in listener.incoming() {
        match reader {
            Ok(reader) => {
                if arrivals.send(Event::Reader(reader)).is_err() {
                    return;
                }
            }
            Err(_) => thread::sleep(ACCEPT_RETRY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MODE, Readers, SocketError};
    use crate::audience::MAX_READERS;
    use needledrop_protocol::{
        Begin, Body, Format, Hex, NoAudio, Record, SampleTime, State, Tag, Text, Verifier,
    };
    use std::{
        fs,
        io::{BufRead as _, BufReader, Read as _},
        os::unix::{
            fs::PermissionsExt as _,
            net::{UnixListener, UnixStream},
        },
        path::Path,
        time::{Duration, Instant},
    };

    fn record(sequence: u32) -> Record {
        let begin = Begin {
            firmware: Text::shortened("test"),
            model: Text::shortened("tiny"),
            model_digest: Hex([0; 4]),
            frontend_id: Hex([0; 8]),
            source: Text::shortened("default"),
        };
        let tag = Tag {
            state: State::NoAudio(NoAudio::Lost),
            candidates: heapless::Vec::new(),
            level_dbfs_x10: None,
            short: false,
            last: false,
        };
        Record {
            sequence,
            time: SampleTime::default(),
            body: if sequence == 0 {
                Body::Begin(begin)
            } else {
                Body::Tag(tag)
            },
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn connect(path: &Path) -> BufReader<UnixStream> {
        let stream = UnixStream::connect(path).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        BufReader::new(stream)
    }

    #[test]
    fn a_late_reader_gets_begin_and_then_all_without_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records");
        let readers = Readers::start(&path, Format::Nmea).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            MODE
        );
        (0..5).for_each(|n| readers.send(&record(n)));
        let mut reader = connect(&path);
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        (5..9).for_each(|n| readers.send(&record(n)));
        readers.close(soon());
        let mut verifier = Verifier::new();
        let begin = verifier.line(first.trim_end().as_bytes()).record.unwrap();
        assert!(matches!(begin.body, Body::Begin(_)));
        let rest: Vec<String> = reader.lines().map(Result::unwrap).collect();
        for line in &rest {
            assert_eq!(verifier.line(line.as_bytes()).finding, None, "{line}");
        }
        assert_eq!(rest.len(), 4, "{rest:?}");
        assert!(verifier.counts().is_clean());
        assert!(!path.exists(), "the socket goes with the program");
    }

    #[test]
    fn a_reader_that_does_not_read_is_closed_and_the_others_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records");
        let readers = Readers::start(&path, Format::Jsonl).unwrap();
        let mut lazy = connect(&path);
        let mut diligent = connect(&path);
        // Far more than the kernel keeps for a reader.
        const RECORDS: u32 = 20_000;
        for n in 0..RECORDS {
            readers.send(&record(n));
            let mut line = String::new();
            assert!(
                diligent.read_line(&mut line).unwrap() > 0,
                "record {n} came"
            );
            assert!(line.contains(&format!("\"sequence\":{n},")), "{line}");
        }
        readers.close(soon());
        let mut kept = Vec::new();
        lazy.read_to_end(&mut kept).unwrap();
        let lines = kept.iter().filter(|&&byte| byte == b'\n').count();
        assert!(lines > 0 && lines < RECORDS as usize, "{lines} lines");
    }

    #[test]
    fn one_reader_too_many_is_closed_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records");
        let readers = Readers::start(&path, Format::Nmea).unwrap();
        readers.send(&record(0));
        let mut first = String::new();
        let mut taken: Vec<_> = (0..MAX_READERS).map(|_| connect(&path)).collect();
        for reader in &mut taken {
            reader.read_line(&mut first).unwrap();
        }
        let mut nothing = String::new();
        connect(&path).read_to_string(&mut nothing).unwrap();
        assert_eq!(nothing, "", "it ends without a word");
        // Who leaves makes room when the next record comes.
        drop(taken.pop());
        readers.send(&record(1));
        let mut line = String::new();
        taken[0].read_line(&mut line).unwrap();
        let mut late = connect(&path);
        late.read_line(&mut line).unwrap();
        readers.send(&record(2));
        late.read_line(&mut line).unwrap();
        assert_eq!(line.matches("$ND").count(), 3, "{line}");
        readers.close(soon());
    }

    #[test]
    fn what_a_dead_program_left_is_replaced_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "a socket that nobody serves");
        let readers = Readers::start(&path, Format::Nmea).unwrap();
        let refused = Readers::start(&path, Format::Nmea);
        assert!(matches!(refused, Err(SocketError::Taken { .. })));
        readers.close(soon());
        fs::write(&path, "a letter").unwrap();
        let refused = Readers::start(&path, Format::Nmea);
        assert!(matches!(refused, Err(SocketError::NotASocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
        let refused = Readers::start(&dir.path().join("no/records"), Format::Nmea);
        assert!(matches!(refused, Err(SocketError::System { .. })));
    }
}
