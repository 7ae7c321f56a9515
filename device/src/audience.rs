//! Who reads the records of the socket: new readers and records in, lines to up to [`MAX_READERS`] streams out.
//!
//! A new reader first gets the last `begin`, numbered like the record before the next one so that it sees no gap, and
//! then every record. The bounded buffer of each reader is the kernel's: whoever lets it fill up is closed, and may
//! come again.
use crate::journal;
use needledrop_protocol::{Body, Format, Record, encode};
use std::{
    io::{self, Write as _},
    os::unix::net::UnixStream,
    sync::mpsc::Receiver,
};

/// Readers at the same time; one more is closed at once.
pub(crate) const MAX_READERS: usize = 8;

/// What the audience hears of.
pub(crate) enum Event {
    /// A new reader.
    Reader(UnixStream),
    /// A record for all.
    Record(Box<Record>),
    /// Nothing more comes.
    End,
}

/// Who listens, and what a new one is told first.
pub(crate) struct Audience {
    format: Format,
    readers: heapless::Vec<UnixStream, MAX_READERS>,
    /// The last `begin`, numbered like the last record.
    begin: Option<Record>,
}

impl Audience {
    /// Nobody yet.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            readers: heapless::Vec::new(),
            begin: None,
        }
    }

    /// Tells everyone until the end; the streams end with it.
    pub(crate) fn serve(mut self, events: &Receiver<Event>) {
        for event in events {
            match event {
                Event::Reader(reader) => self.greet(reader),
                Event::Record(record) => self.tell(*record),
                Event::End => return,
            }
        }
    }

    fn greet(&mut self, mut reader: UnixStream) {
        if self.readers.is_full() {
            return journal::say(format_args!(
                "a reader was sent away: {MAX_READERS} read already"
            ));
        }
        let greeting = self.begin.as_ref().map(|begin| encode(begin, self.format));
        let greeting = greeting.as_ref().map_or(&[][..], |line| line.as_bytes());
        let ready = reader
            .set_nonblocking(true)
            .and_then(|()| reader.write_all(greeting));
        // A reader that fails at once is gone.
        if ready.is_ok() {
            let fits = self.readers.push(reader);
            debug_assert!(fits.is_ok(), "there is room for one more");
        }
    }

    fn tell(&mut self, record: Record) {
        let line = encode(&record, self.format);
        // What does not fit whole would be cut: that reader is too slow, or gone.
        self.readers.retain_mut(|reader| {
            let told = reader.write_all(line.as_bytes());
            if told
                .as_ref()
                .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            {
                journal::say("a reader was closed: it did not read");
            }
            told.is_ok()
        });
        match (&mut self.begin, &record.body) {
            (_, Body::Begin(_)) => self.begin = Some(record),
            (Some(begin), _) => begin.sequence = record.sequence,
            (None, _) => {}
        }
    }
}
