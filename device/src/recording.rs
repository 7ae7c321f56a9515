//! What was heard, kept: the mono 16-bit samples as they enter the pipeline, so that `replay` of the file gives the
//! same tags.
//!
//! A thread of its own writes to the `tape`, for an SD card may stall for seconds. What fails is said once and ends the
//! recording, not the hearing. Samples that the sound system lost are not in the file either.
use crate::{
    journal,
    limits::CLOSE_LOOK,
    tape::{Event, Tape},
};
use std::{
    path::Path,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Blocks of samples that wait for the disk: at 10 ms each, 10 s.
const QUEUE_BLOCKS: usize = 1_024;
/// How long the last samples may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// The worker's end.
pub struct Recording {
    /// Gone when the recording has ended.
    events: Option<SyncSender<Event>>,
    thread: JoinHandle<()>,
}

impl Recording {
    /// Starts the thread. The first file is made now, without samples, so that a path that can't be written is an error
    /// at the start; it replaces what is there.
    ///
    /// # Errors
    /// The operating system's.
    pub fn start(path: &Path) -> hound::Result<Self> {
        let mut tape = Tape::new(path)?;
        let (events, received) = sync_channel(QUEUE_BLOCKS);
        let thread = thread::spawn(move || {
            if let Err(error) = tape.run(&received) {
                let path = tape.path();
                let path = path.display();
                journal::say(format_args!(
                    "recording {path}: {error}; what is heard from now on is not kept"
                ));
            }
        });
        Ok(Self {
            events: Some(events),
            thread,
        })
    }

    /// An input was opened.
    pub fn begin(&mut self, rate_hz: u32) {
        self.send(Event::Begin { rate_hz });
    }

    /// Samples that the pipeline is given. Never waits.
    pub fn push(&mut self, pcm: &[i16]) {
        self.send(Event::Heard(pcm.to_vec()));
    }

    fn send(&mut self, event: Event) {
        let Some(events) = &self.events else { return };
        if events.try_send(event).is_err() {
            if !self.thread.is_finished() {
                journal::say(
                    "recording: the disk is too slow; what is heard from now on is not kept",
                );
            }
            self.events = None;
        }
    }

    /// Writes what waits and closes the file, for at most 5 s.
    pub fn close(self) {
        drop(self.events);
        let start = Instant::now();
        while !self.thread.is_finished() && start.elapsed() < CLOSE_LIMIT {
            thread::sleep(CLOSE_LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recording;
    use crate::tape::samples;
    use std::{
        path::Path,
        time::{Duration, Instant},
    };

    #[test]
    fn each_opening_begins_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heard.wav");
        std::fs::write(&path, "an older file").unwrap();
        let mut recording = Recording::start(&path).unwrap();
        recording.begin(44_100);
        recording.push(&[1, -2, 3]);
        recording.push(&[4]);
        recording.begin(16_000);
        recording.push(&[-5]);
        recording.close();
        assert_eq!(samples(&path), (44_100, vec![1, -2, 3, 4]));
        assert_eq!(samples(&dir.path().join("heard.1.wav")), (16_000, vec![-5]));
    }

    #[test]
    fn the_file_is_whole_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heard.wav");
        let mut recording = Recording::start(&path).unwrap();
        recording.begin(8_000);
        let start = Instant::now();
        let mut lengths = Vec::new();
        while lengths.len() < 4 {
            assert!(start.elapsed() < Duration::from_secs(30), "{lengths:?}");
            recording.push(&[7; 80]);
            std::thread::sleep(Duration::from_millis(5));
            if let Ok(reader) = hound::WavReader::open(&path) {
                let length = reader.duration();
                assert_eq!(
                    samples(&path).1.len(),
                    length as usize,
                    "no more than is there"
                );
                lengths.push(length);
                lengths.dedup();
            }
        }
        assert!(lengths.is_sorted(), "it grows by and by: {lengths:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_at_the_start() {
        assert!(Recording::start(Path::new("/no/such/folder/heard.wav")).is_err());
    }
}
