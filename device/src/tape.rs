//! The files of a recording: rates in Hz and mono 16-bit samples in, WAV files out.
//!
//! Samples stay in memory until the header is rewritten with them, each second and at the end: whenever the program is
//! killed, the file is a whole WAV file. An input that is opened again begins a new file, `heard.1.wav` after
//! `heard.wav`, and so does a full one.
use hound::{SampleFormat, WavSpec, WavWriter};
use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// Time between two rewritings of the header.
const REST: Duration = Duration::from_secs(1);
/// Rate in the header of a file without samples, before any input could be opened.
const UNKNOWN_RATE_HZ: u32 = 44_100;
/// Samples of a full file, 2 GiB: what every file system and every reader of WAV takes.
const MAX_FILE_SAMPLES: u32 = (1 << 30) - 64;

/// What happens to a recording.
pub(crate) enum Event {
    /// An input was opened at this rate.
    Begin { rate_hz: u32 },
    /// Samples for the file.
    Heard(Vec<i16>),
}

/// The files of a recording, one after the other.
pub(crate) struct Tape {
    first: PathBuf,
    max_file_samples: u32,
    files: u32,
    rate_hz: u32,
    file: Option<WavWriter<BufWriter<File>>>,
    rested: Instant,
}

impl Tape {
    /// The first file is made now, without samples; it replaces what is there.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn new(first: &Path) -> hound::Result<Self> {
        create(first, UNKNOWN_RATE_HZ)?.finalize()?;
        Ok(Self {
            first: first.to_owned(),
            max_file_samples: MAX_FILE_SAMPLES,
            files: 0,
            rate_hz: 0,
            file: None,
            rested: Instant::now(),
        })
    }

    /// Writes until the worker has no more to say.
    ///
    /// # Errors
    /// The operating system's; [`Tape::path`] says of which file.
    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> hound::Result<()> {
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
    pub(crate) fn path(&self) -> PathBuf {
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

/// Rate in Hz and samples of a file.
#[cfg(test)]
pub(crate) fn samples(path: &Path) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples = reader.samples().map(Result::unwrap).collect();
    (reader.spec().sample_rate, samples)
}

#[cfg(test)]
mod tests {
    use super::{Tape, numbered, samples};
    use std::path::Path;

    #[test]
    fn a_full_file_is_followed_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heard.wav");
        let mut tape = Tape::new(&path).unwrap();
        tape.max_file_samples = 3;
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
    fn numbers_stand_before_the_extension() {
        assert_eq!(
            numbered(Path::new("/a/heard.wav"), 2),
            Path::new("/a/heard.2.wav")
        );
        assert_eq!(numbered(Path::new("heard"), 1), Path::new("heard.1"));
    }
}
