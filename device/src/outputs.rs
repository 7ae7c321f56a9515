//! Everywhere that records go: serial ports or standard output, and the readers of a socket.
//!
//! The first port is the one that is accounted for: its drops and reopenings are in the status records. Further ports
//! and the socket are best effort; what is lost there shows in the sequence numbers that arrive.
use crate::{
    readers::{Readers, SocketError},
    serial::PortName,
    writer::{Output, Writer},
};
use needledrop_protocol::{Format, Record, encode};
use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

/// Serial ports at the same time, standard output among them.
pub const MAX_OUTPUTS: usize = 4;

/// How long the last records may take at the end, in all.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Why records can't go where they should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// More ports than there are queues for.
    #[error(
        "{actual} outputs, at most {expected} are served; the socket has room for further readers"
    )]
    TooMany {
        /// Most.
        expected: usize,
        /// Asked for.
        actual: usize,
    },
    /// One port twice.
    #[error("{output} is named twice; name it once")]
    Twice {
        /// Port, or standard output.
        output: Output,
    },
    /// Neither a port nor a socket.
    #[error("records have nowhere to go; name a serial port, `-` for standard output, or a socket")]
    Nowhere,
    /// The socket.
    #[error(transparent)]
    Socket {
        /// Reason.
        #[from]
        source: SocketError,
    },
}

/// The worker's end of all of them.
pub struct Outputs {
    format: Format,
    writers: heapless::Vec<Writer, MAX_OUTPUTS>,
    readers: Option<Readers>,
}

impl Outputs {
    /// Starts a thread for each of `outputs` (`PORT[:BAUD]` or `-`), and the socket when there is one.
    ///
    /// # Errors
    /// When the list can't be meant so, or the socket can't be made. A missing port is no error: it is waited for.
    pub fn start(
        outputs: &[String],
        socket: Option<&Path>,
        format: Format,
    ) -> Result<Self, OutputError> {
        let outputs: Vec<Output> = outputs.iter().map(|text| Output::parse(text)).collect();
        if outputs.is_empty() && socket.is_none() {
            return Err(OutputError::Nowhere);
        }
        if let Some(twice) = named_twice(&outputs) {
            return Err(OutputError::Twice {
                output: twice.clone(),
            });
        }
        if outputs.len() > MAX_OUTPUTS {
            return Err(OutputError::TooMany {
                expected: MAX_OUTPUTS,
                actual: outputs.len(),
            });
        }
        let readers = socket
            .map(|path| Readers::start(path, format))
            .transpose()?;
        Ok(Self {
            format,
            writers: outputs.into_iter().map(Writer::start).collect(),
            readers,
        })
    }

    /// Hands a record to all. Never waits.
    pub fn send(&mut self, record: &Record) {
        if let Some(readers) = &self.readers {
            readers.send(record);
        }
        let line = encode(record, self.format);
        for writer in &mut self.writers {
            writer.send(line.clone());
        }
    }

    /// Records that the first port never got.
    pub fn dropped(&self) -> u64 {
        self.writers.first().map_or(0, Writer::dropped)
    }

    /// Times that the first port was opened again.
    pub fn restarts(&self) -> u32 {
        self.writers.first().map_or(0, Writer::restarts)
    }

    /// Standard output failed; [`Outputs::close`] has the reason.
    pub fn has_failed(&self) -> bool {
        self.writers.iter().any(Writer::has_failed)
    }

    /// Writes what is queued, for at most 2 s; gives what the first port never got, and why standard output failed if
    /// it did.
    pub fn close(self) -> (u64, io::Result<()>) {
        let deadline = Instant::now() + CLOSE_LIMIT;
        self.writers.iter().for_each(Writer::finish);
        if let Some(readers) = self.readers {
            readers.close(deadline);
        }
        let mut outcomes = self
            .writers
            .into_iter()
            .map(|writer| writer.close(deadline));
        let (dropped, first) = outcomes.next().unwrap_or((0, Ok(())));
        let written = outcomes.fold(first, |written, (_, next)| written.and(next));
        (dropped, written)
    }
}

/// An output that stands in the list before, whatever its rate.
fn named_twice(outputs: &[Output]) -> Option<&Output> {
    let path = |output: &Output| match output {
        Output::Serial(PortName { path, .. }) => Some(path.clone()),
        Output::Stdout => None,
    };
    let mut rest = outputs;
    while let Some((output, others)) = rest.split_first() {
        if others.iter().any(|other| path(other) == path(output)) {
            return Some(output);
        }
        rest = others;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{MAX_OUTPUTS, OutputError, Outputs};
    use needledrop_protocol::Format;

    fn refused(outputs: &[&str]) -> OutputError {
        let outputs: Vec<String> = outputs.iter().map(|&text| text.to_owned()).collect();
        let Err(error) = Outputs::start(&outputs, None, Format::Nmea) else {
            panic!("{outputs:?} are taken");
        };
        error
    }

    #[test]
    fn lists_that_cannot_be_meant_are_refused() {
        assert!(matches!(refused(&[]), OutputError::Nowhere));
        let error = refused(&["-", "/no/a", "-"]).to_string();
        assert!(error.contains("standard output is named twice"), "{error}");
        let error = refused(&["/no/a", "/no/b", "/no/a:9600"]).to_string();
        assert!(error.contains("/no/a is named twice"), "{error}");
        let many: Vec<String> = (0..=MAX_OUTPUTS).map(|n| format!("/no/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(
            refused(&many),
            OutputError::TooMany { actual: 5, .. }
        ));
    }
}
