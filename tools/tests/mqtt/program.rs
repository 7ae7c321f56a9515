//! The monitor, fed by its standard input, and records for it.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use needledrop_protocol::{Body, Format, Record, encode, parse};

use super::broker::{PATIENCE, signal};

/// A running monitor; dropped, it ends.
pub(crate) struct Monitor {
    process: Child,
    input: Option<ChildStdin>,
    said: Arc<Mutex<String>>,
}

impl Monitor {
    /// One that shows nothing and publishes as device `test`.
    pub(crate) fn publishing(address: &str, more: &[&str]) -> Self {
        let mut process = command(address, more)
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the monitor starts");
        let mut errors = process.stderr.take().expect("it is piped");
        let said: Arc<Mutex<String>> = Arc::default();
        let text = Arc::clone(&said);
        thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = errors.read(&mut buffer) {
                let new = String::from_utf8_lossy(&buffer[..count]);
                text.lock().expect("no holder panics").push_str(&new);
            }
        });
        Self {
            input: process.stdin.take(),
            process,
            said,
        }
    }

    /// What it said so far on standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no holder panics").clone()
    }

    /// Waits until it has said this.
    pub(crate) fn says(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said().contains(text) {
            assert!(
                Instant::now() < deadline,
                "never said {text}:\n{}",
                self.said()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Gives it a record.
    pub(crate) fn hears(&mut self, record: &Record) {
        let input = self.input.as_mut().expect("it is open");
        input
            .write_all(encode(record, Format::Nmea).as_bytes())
            .expect("the monitor reads");
    }

    /// Ends its input and waits for its end.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        self.input = None;
        self.process.wait().expect("it can be awaited")
    }

    /// Sends it a signal and waits for its end.
    pub(crate) fn ends_by(&mut self, name: &str) -> ExitStatus {
        signal(self.process.id(), name);
        self.process.wait().expect("it can be awaited")
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs it to its end on a file of records.
pub(crate) fn run(address: &str, more: &[&str], records: &[Record]) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("records");
    let lines: String = records
        .iter()
        .map(|record| encode(record, Format::Nmea).to_string())
        .collect();
    std::fs::write(&path, lines).expect("the records are written");
    command(address, more)
        .arg(path)
        .output()
        .expect("the monitor runs")
}

fn command(address: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monitor"));
    command
        .args(["--quiet", "--mqtt", address, "--mqtt-name", "test"])
        .args(more);
    command
}

/// `begin` of a board.
pub(crate) fn begin() -> Record {
    parse(
        b"$NDBEG,0,0,44100,1,needledrop-device 0.1.0,tunes,3f9a10c2,71c05b1e9d00a4f3,default*7809",
    )
    .expect("an example of the protocol")
}

/// `music jazz` with this sequence number and probability.
pub(crate) fn jazz(sequence: u32, permille: u16) -> Record {
    let mut record = parse(b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C")
        .expect("an example of the protocol");
    record.sequence = sequence;
    if let Body::Tag(tag) = &mut record.body {
        tag.candidates[0].permille = permille;
    }
    record
}

/// A status with this sequence number.
pub(crate) fn status(sequence: u32) -> Record {
    let mut record =
        parse(b"$NDSTA,5,441000,44100,no-audio,muted,-242,17,0,0,0,0,22050,3f9a10c2,118,473*96F5")
            .expect("an example of the protocol");
    record.sequence = sequence;
    record
}
