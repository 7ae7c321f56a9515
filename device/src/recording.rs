//! What was heard, kept: the mono 16-bit samples as they enter the pipeline, so that `replay` of the file gives the
//! same tags.
//!
//! A thread of its own writes, for an SD card may stall for seconds. Samples stay in memory until the header is
//! rewritten with them, each second and at the end: whenever the program is killed, the file is a whole WAV file. An
//! input that is opened again begins a new file, `heard.1.wav` after `heard.wav`, and so does a full one. What fails is
//! said once and ends the recording, not the hearing. Samples that the sound system lost are not in the file either.
use crate::journal;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Time between two rewritings of the header.
const REST: Duration = Duration::from_secs(1);
/// Blocks of samples that wait for the disk: at 10 ms each, 10 s.
const QUEUE_BLOCKS: usize = 1_024;
/// Rate in the header of a file without samples, before any input could be opened.
const UNKNOWN_RATE_HZ: u32 = 44_100;
/// Samples of a full file, 2 GiB: what every file system and every reader of WAV takes.
const MAX_FILE_SAMPLES: u32 = (1 << 30) - 64;
/// How long the last samples may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How often the end of the program looks whether they are written.
const CLOSE_LOOK: Duration = Duration::from_millis(5);

/// The worker's end.
pub struct Recording {
    /// Gone when the recording has ended.
    events: Option<SyncSender<Event>>,
    thread: JoinHandle<()>,
}

enum Event {
    Begin { rate_hz: u32 },
    Heard(Vec<i16>),
}

impl Recording {
    /// Starts the thread. The first file is made now, without samples, so that a path that can't be written is an error
    /// at the start; it replaces what is there.
    ///
    /// # Errors
    /// The operating system's.
    pub fn start(path: &Path) -> hound::Result<Self> {
        create(path, UNKNOWN_RATE_HZ)?.finalize()?;
        let (events, received) = sync_channel(QUEUE_BLOCKS);
        let mut tape = Tape::new(path.to_owned(), MAX_FILE_SAMPLES);
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

/// The files of a recording, one after the other.
struct Tape {
    first: PathBuf,
    max_file_samples: u32,
    files: u32,
    rate_hz: u32,
    file: Option<WavWriter<BufWriter<File>>>,
    rested: Instant,
}

impl Tape {
    fn new(first: PathBuf, max_file_samples: u32) -> Self {
        Self {
            first,
            max_file_samples,
            files: 0,
            rate_hz: 0,
            file: None,
            rested: Instant::now(),
        }
    }

    /// Writes until the worker has no more to say.
    fn run(&mut self, events: &Receiver<Event>) -> hound::Result<()> {
        loop {
            match events.recv_timeout(REST) {
                Ok(Event::Begin { rate_hz }) => {
                    self.rate_hz = rate_hz;
                    self.next_file()?;
                }
                Ok(Event::Heard(pcm)) => self.write(&pcm)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.end_file(),
            }
            if self.rested.elapsed() >= REST {
                self.rested = Instant::now();
                self.file.as_mut().map_or(Ok(()), WavWriter::flush)?;
            }
        }
    }

    fn write(&mut self, pcm: &[i16]) -> hound::Result<()> {
        for &sample in pcm {
            if self
                .file
                .as_ref()
                .is_some_and(|file| file.len() >= self.max_file_samples)
            {
                self.next_file()?;
            }
            if let Some(file) = &mut self.file {
                file.write_sample(sample)?;
            }
        }
        Ok(())
    }

    fn next_file(&mut self) -> hound::Result<()> {
        // A file in which nothing was kept yet is begun again: an input may be opened often before it gives sound.
        if self.file.as_ref().is_none_or(|file| file.len() > 0) {
            self.files += 1;
        }
        self.end_file()?;
        self.file = Some(create(&self.path(), self.rate_hz)?);
        Ok(())
    }

    fn end_file(&mut self) -> hound::Result<()> {
        self.file.take().map_or(Ok(()), WavWriter::finalize)
    }

    /// Path of the file that is written.
    fn path(&self) -> PathBuf {
        match self.files {
            0 | 1 => self.first.clone(),
            files => numbered(&self.first, files - 1),
        }
    }
}

/// A WAV file that is whole already.
fn create(path: &Path, rate_hz: u32) -> hound::Result<WavWriter<BufWriter<File>>> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    // Room for all that comes between two rewritings of the header, twice over.
    let bytes = 4 * usize::try_from(rate_hz).unwrap_or(0);
    let mut file = WavWriter::new(BufWriter::with_capacity(bytes, File::create(path)?), spec)?;
    file.flush()?;
    Ok(file)
}

/// `heard.wav` and 2 give `heard.2.wav`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    match path.extension() {
        Some(extension) => path.with_extension(format!("{number}.{}", extension.to_string_lossy())),
        None => path.with_extension(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Recording, Tape, numbered};
    use std::{
        path::Path,
        time::{Duration, Instant},
    };

    fn samples(path: &Path) -> (u32, Vec<i16>) {
        let mut reader = hound::WavReader::open(path).unwrap();
        let samples = reader.samples().map(Result::unwrap).collect();
        (reader.spec().sample_rate, samples)
    }

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
    fn a_full_file_is_followed_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heard.wav");
        let mut tape = Tape::new(path.clone(), 3);
        tape.rate_hz = 8_000;
        tape.next_file().unwrap();
        tape.write(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
        tape.end_file().unwrap();
        for (file, expected) in [
            (path.clone(), vec![1, 2, 3]),
            (numbered(&path, 1), vec![4, 5, 6]),
            (numbered(&path, 2), vec![7]),
        ] {
            assert_eq!(samples(&file).1, expected);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_at_the_start() {
        assert!(Recording::start(Path::new("/no/such/folder/heard.wav")).is_err());
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        assert_eq!(
            numbered(Path::new("/a/heard.wav"), 2),
            Path::new("/a/heard.2.wav")
        );
        assert_eq!(numbered(Path::new("heard"), 1), Path::new("heard.1"));
    }
}
