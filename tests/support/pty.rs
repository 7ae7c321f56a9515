//! The far end of a serial cable: a pseudo-terminal whose records are read and verified.

use std::io::{ErrorKind, Read as _};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use needledrop_protocol::{Counts, Lines, Record, Verifier};
use serialport::{SerialPort as _, TTYPort};

/// Everything that was read from the port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// The lines, without their ends.
    pub(crate) lines: Vec<String>,
    /// The records in them.
    pub(crate) records: Vec<Record>,
    /// What the verifier counted.
    pub(crate) counts: Counts,
}

/// A serial port that is read all the time.
pub(crate) struct Pty {
    name: String,
    // Held open, or the near end would see the line drop whenever the program closes it.
    far: Option<TTYPort>,
    heard: Arc<Mutex<Heard>>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Opens a pair and starts reading.
    pub(crate) fn open() -> Self {
        let (mut near, far) = TTYPort::pair().expect("a pseudo-terminal");
        near.set_timeout(Duration::from_millis(200))
            .expect("timeout");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = Arc::clone(&heard);
        let reader = spawn(move || read(&mut near, &shared));
        Self {
            name: far.name().expect("a name"),
            far: Some(far),
            heard,
            reader: Some(reader),
        }
    }

    /// Path of the port, for `--serial`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What was read so far.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().expect("the reader did not panic").clone()
    }

    /// Closes the port and gives all that was read.
    pub(crate) fn close(mut self) -> Heard {
        // Without a far end the near end reads an error, which ends the reader once it has read everything.
        drop(self.far.take());
        self.reader
            .take()
            .expect("closed once")
            .join()
            .expect("the reader did not panic");
        self.heard()
    }
}

fn read(near: &mut TTYPort, heard: &Mutex<Heard>) {
    let mut verifier = Verifier::new();
    let mut lines = Lines::new();
    let mut buffer = [0; 1024];
    loop {
        match near.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => lines.push(&buffer[..count], |line| {
                let checked = verifier.line(line);
                let mut heard = heard.lock().expect("no other panic");
                heard.lines.push(String::from_utf8_lossy(line).into_owned());
                heard.records.extend(checked.record.ok());
                heard.counts = verifier.counts();
            }),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => return,
        }
    }
}
