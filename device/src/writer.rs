//! Records to one serial port or to standard output, in a thread of their own: a line that blocks never stops the
//! worker.
//!
//! A serial port that is missing at the start or goes away later is tried over and over; meanwhile up to
//! [`QUEUE_RECORDS`] records wait and the rest is dropped and counted. Their sequence numbers show the gap to the
//! reader. A port that takes nothing, such as a USB gadget without a host, only ever blocks this thread. Standard
//! output that fails (a full disk, a reader that left) stays so: that ends the writer, and with it the run.
use crate::{
    journal::{self, Complaint},
    limits::QUEUE_RECORDS,
    serial::PortName,
};
use heapless::spsc::{Consumer, Producer, Queue};
use needledrop_protocol::Line;
use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long the writer sleeps when there is nothing to write.
const IDLE_WAIT: Duration = Duration::from_millis(5);
/// Time between two attempts to open a port that is not there.
const REOPEN_WAIT: Duration = Duration::from_secs(1);

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A serial port.
    Serial(PortName),
    /// Standard output.
    Stdout,
}

impl Output {
    /// `-` is standard output, all else `PORT[:BAUD]`.
    pub fn parse(text: &str) -> Self {
        match text {
            "-" => Self::Stdout,
            _ => Self::Serial(PortName::parse(text)),
        }
    }

    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Self::Serial(port) => Box::new(port.open()?),
            Self::Stdout => Box::new(io::stdout()),
        })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(port) => write!(f, "serial port {}", port.path),
            Self::Stdout => f.write_str("standard output"),
        }
    }
}

/// What the writer's thread says.
#[derive(Debug, Default)]
struct Shared {
    dropped: AtomicU64,
    restarts: AtomicU32,
    closing: AtomicBool,
}

/// The worker's end.
pub struct Writer {
    producer: Producer<'static, Line>,
    shared: Arc<Shared>,
    thread: JoinHandle<io::Result<()>>,
}

impl Writer {
    /// Starts the thread, which opens the output.
    pub fn start(output: Output) -> Self {
        // One for the life of the program. One line more than wait: the one that is being written. One slot more than
        // lines: heapless keeps it empty.
        let queue: &'static mut Queue<Line, { QUEUE_RECORDS + 2 }> = Box::leak(Box::default());
        let (producer, consumer) = queue.split();
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            consumer,
            shared: Arc::clone(&shared),
            output,
            sink: None,
            opened: false,
            complaint: Complaint::default(),
        };
        let thread = thread::spawn(move || worker.run());
        Self {
            producer,
            shared,
            thread,
        }
    }

    /// Queues a line; drops and counts it when the queue is full. Never waits.
    pub fn send(&mut self, line: Line) {
        if self.producer.enqueue(line).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines dropped so far.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Times that the port was opened again.
    pub fn restarts(&self) -> u32 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// Standard output failed: nothing more can be written. [`Writer::close`] has the reason.
    pub fn has_failed(&self) -> bool {
        self.thread.is_finished()
    }

    /// Asks the thread to end once it has written what is queued.
    pub fn finish(&self) {
        self.shared.closing.store(true, Ordering::Release);
    }

    /// Waits until what is queued is written, at most until `deadline`; gives the number of lines that were dropped in
    /// all, and why standard output failed if it did.
    pub fn close(self, deadline: Instant) -> (u64, io::Result<()>) {
        self.finish();
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::sleep(IDLE_WAIT);
        }
        let dropped = self.dropped() + self.producer.len() as u64;
        // A thread that still waits for a slow line has nothing to say.
        let ended = self.thread.is_finished().then(|| self.thread.join());
        let panicked = |_| Err(io::Error::other("the writer panicked"));
        let written = ended.map_or(Ok(()), |ended| ended.unwrap_or_else(panicked));
        (dropped, written)
    }
}

/// The writer's thread.
struct Worker {
    consumer: Consumer<'static, Line>,
    shared: Arc<Shared>,
    output: Output,
    sink: Option<Box<dyn Write + Send>>,
    /// The port was open before.
    opened: bool,
    complaint: Complaint,
}

impl Worker {
    fn run(mut self) -> io::Result<()> {
        // At once, so that a port that is missing is said before the first record.
        self.open();
        loop {
            // Asked before looking: what was sent before closing is then still found.
            let closing = self.shared.closing.load(Ordering::Acquire);
            // A line leaves the queue when it is written: what is left in it was not.
            match self.consumer.peek().cloned() {
                Some(line) => {
                    let written = self.write(line.as_bytes());
                    if !matches!(written, Ok(true)) {
                        return written.map(|_| ());
                    }
                    self.consumer.dequeue();
                }
                None if closing => return Ok(()),
                None => thread::sleep(IDLE_WAIT),
            }
        }
    }

    fn closing(&self) -> bool {
        self.shared.closing.load(Ordering::Acquire)
    }

    /// Writes one line whole; `false` when the program ends before a missing port is there.
    fn write(&mut self, line: &[u8]) -> io::Result<bool> {
        let mut rest = line;
        while !rest.is_empty() {
            let Some(sink) = &mut self.sink else {
                if !self.wait_for_port() {
                    return Ok(false);
                }
                // The reader saw the start of the line that the loss cut off; this one is sent whole.
                rest = line;
                continue;
            };
            match sink.write(rest) {
                Ok(written) if written > 0 => rest = &rest[written..],
                Err(error) if is_only_slow(&error) => {}
                Err(error) if self.output == Output::Stdout => return Err(error),
                Ok(_) => self.lose("takes nothing more"),
                Err(error) => self.lose(&error.to_string()),
            }
        }
        // A serial line drains at its own speed.
        if let (Some(sink), Output::Stdout) = (&mut self.sink, &self.output) {
            sink.flush()?;
        }
        Ok(true)
    }

    fn lose(&mut self, reason: &str) {
        self.sink = None;
        journal::say(format_args!("{} lost: {reason}", self.output));
    }

    /// Waits for the port; `false` when the program ends first.
    fn wait_for_port(&mut self) -> bool {
        loop {
            let start = Instant::now();
            while start.elapsed() < REOPEN_WAIT {
                if self.closing() {
                    return false;
                }
                thread::sleep(IDLE_WAIT);
            }
            if self.open() {
                return true;
            }
        }
    }

    /// Tries to open the output once.
    fn open(&mut self) -> bool {
        let mut sink = match self.output.open() {
            Ok(sink) => sink,
            Err(error) => {
                self.complaint.say(format!(
                    "{} can't be opened ({error}); waiting for it, `needledrop-device diagnose` lists the ports",
                    self.output
                ));
                return false;
            }
        };
        if self.opened {
            // Ends the line that the loss cut off.
            if let Err(error) = sink.write_all(b"\r\n") {
                self.complaint
                    .say(format!("{} takes nothing ({error})", self.output));
                return false;
            }
            self.shared.restarts.fetch_add(1, Ordering::Relaxed);
        }
        if core::mem::replace(&mut self.opened, true) | self.complaint.settle() {
            journal::say(format_args!("{} is open", self.output));
        }
        self.sink = Some(sink);
        true
    }
}

fn is_only_slow(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
