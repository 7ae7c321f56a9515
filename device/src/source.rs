//! Where samples come from: the sound card, a file at the speed of life, or standard input.
use crate::{
    capture::{self, Capture, CaptureError},
    queue::{Busy, Feed, Signals, Tap},
    wav::{self, PcmLayout, WavError},
};
use needledrop_audio::{AudioFile, mono};
use std::{
    io::{self, Read},
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How files end that can be decoded.
const AUDIO_EXTENSIONS: [&str; 7] = ["wav", "mp3", "flac", "ogg", "m4a", "mp4", "aac"];

/// What `--input` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A sound card; `default` is the system's.
    Device(String),
    /// A file, paced like live sound.
    File(PathBuf),
    /// Standard input: WAV, or raw 16-bit little-endian mono at `--rate`.
    Stdin,
}

impl Input {
    /// `-` is standard input. What exists, has a folder in its name or ends like an audio file is a file, so that a
    /// mistyped path is an error and not a device to wait for. All else names a device.
    pub fn parse(text: &str) -> Self {
        let path = PathBuf::from(text);
        let ends_like_audio = path.extension().is_some_and(|extension| {
            AUDIO_EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        match text {
            "-" => Self::Stdin,
            // Whatever files lie here, this is the system's input.
            "default" => Self::Device(text.to_owned()),
            _ if path.exists() || text.contains('/') || ends_like_audio => Self::File(path),
            _ => Self::Device(text.to_owned()),
        }
    }

    /// Name for records: the device, or the file without its folders.
    pub fn name(&self) -> String {
        match self {
            Self::Device(name) => name.clone(),
            Self::File(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            Self::Stdin => "-".to_owned(),
        }
    }
}

/// Why a source can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A device; trying again later may help.
    #[error("audio input {name}")]
    Capture {
        /// Device.
        name: String,
        /// Reason.
        source: CaptureError,
    },
    /// The stream before this one still holds the queue.
    #[error(transparent)]
    Busy {
        /// Reason.
        #[from]
        source: Busy,
    },
    /// A file.
    #[error(transparent)]
    File {
        /// The decoder's reason, with the path.
        #[from]
        source: needledrop_audio::Error,
    },
    /// A WAV header on standard input.
    #[error("standard input")]
    Wav {
        /// Reason.
        #[from]
        source: WavError,
    },
    /// Standard input can't be read.
    #[error("standard input")]
    Stdin {
        /// The operating system's reason.
        #[from]
        source: io::Error,
    },
    /// Raw samples without a rate.
    #[error("standard input is not WAV; raw 16-bit samples need their rate: --rate HZ")]
    NoRate,
    /// The program was told to end before there was anything to hear.
    #[error("told to stop")]
    Stopped,
}

/// A source that runs.
pub struct Source {
    /// Rate in Hz.
    pub rate_hz: u32,
    /// What it gives, in words.
    pub format: String,
    /// What its thread says.
    pub signals: Arc<Signals>,
    _capture: Option<Capture>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.signals.stop.store(true, Ordering::Relaxed);
    }
}

/// Opens a source; its samples come out of `tap`.
///
/// # Errors
/// Only [`SourceError::Capture`] is worth trying again. Standard input may let us wait for its first bytes;
/// [`SourceError::Stopped`] when `goes_on`, asked over and over meanwhile, says no.
pub fn open(
    input: &Input,
    wanted_hz: Option<u32>,
    tap: &mut Tap,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Source, SourceError> {
    match input {
        Input::Device(device) => {
            let capture =
                capture::open(device, wanted_hz, tap).map_err(|source| SourceError::Capture {
                    name: device.clone(),
                    source,
                })?;
            Ok(Source {
                rate_hz: capture.rate_hz,
                format: capture.format.clone(),
                signals: Arc::clone(&capture.signals),
                _capture: Some(capture),
            })
        }
        Input::File(path) => {
            let (feed, signals) = tap.lend()?;
            let file = AudioFile::open(path)?;
            let rate_hz = file.sample_rate_hz();
            thread::spawn(move || play(file, rate_hz, feed));
            Ok(Source {
                rate_hz,
                format: format!("file {rate_hz} Hz"),
                signals,
                _capture: None,
            })
        }
        Input::Stdin => {
            let (feed, signals) = tap.lend()?;
            let (sender, probed) = sync_channel(1);
            thread::spawn(move || hear_stdin(wanted_hz, feed, &sender));
            let layout = loop {
                match probed.recv_timeout(STOP_LOOK) {
                    Ok(layout) => break layout?,
                    Err(RecvTimeoutError::Timeout) if goes_on() => {}
                    Err(_) => return Err(SourceError::Stopped),
                }
            };
            Ok(Source {
                rate_hz: layout.rate_hz,
                format: format!("i16 {} Hz {} ch", layout.rate_hz, layout.channels),
                signals,
                _capture: None,
            })
        }
    }
}

/// How often a wait for standard input looks whether the program is to end.
const STOP_LOOK: Duration = Duration::from_millis(50);

/// Finds out what standard input is, says so, and reads it.
fn hear_stdin(
    wanted_hz: Option<u32>,
    feed: Feed,
    probed: &SyncSender<Result<PcmLayout, SourceError>>,
) {
    let mut stream = io::stdin().lock();
    match probe(&mut stream, wanted_hz) {
        Err(error) => drop(probed.send(Err(error))),
        Ok((layout, first)) => {
            if probed.send(Ok(layout)).is_ok() {
                read(&mut stream, layout, &first, feed);
            }
        }
    }
}

/// Plays a file at the speed of life: each block is enqueued when its last sample would have been heard.
fn play(mut file: AudioFile, rate_hz: u32, mut feed: Feed) {
    let start = Instant::now();
    let slice_samples = (rate_hz / SLICES_PER_SECOND).max(1) as usize;
    let mut samples: u64 = 0;
    loop {
        match file.next_block() {
            Ok(Some(block)) => {
                for slice in block.chunks(slice_samples) {
                    samples += slice.len() as u64;
                    let due = Duration::from_secs_f64(samples as f64 / f64::from(rate_hz));
                    thread::sleep(due.saturating_sub(start.elapsed()));
                    if !feed.push_all(slice) {
                        return;
                    }
                }
            }
            Ok(None) => break feed.signals().ended.store(true, Ordering::Release),
            Err(_) => break feed.signals().failed.store(true, Ordering::Release),
        }
    }
}

/// How finely a file is paced.
const SLICES_PER_SECOND: u32 = 50;

/// Tells WAV from raw samples by the first four bytes, which raw samples keep.
fn probe(
    stream: &mut impl Read,
    wanted_hz: Option<u32>,
) -> Result<(PcmLayout, Vec<u8>), SourceError> {
    let mut first = [0; 4];
    let mut got = 0;
    while got < first.len() {
        match stream.read(&mut first[got..]) {
            Ok(0) => break,
            Ok(bytes) => got += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if &first == b"RIFF" {
        return Ok((wav::read_header(stream)?, Vec::new()));
    }
    let layout = PcmLayout {
        rate_hz: wanted_hz.ok_or(SourceError::NoRate)?,
        channels: 1,
    };
    Ok((layout, first[..got].to_vec()))
}

/// Enqueues 16-bit little-endian frames as they come.
fn read(stream: &mut impl Read, layout: PcmLayout, first: &[u8], mut feed: Feed) {
    let frame_bytes = 2 * usize::from(layout.channels);
    let mut bytes = first.to_vec();
    let mut chunk = [0; 4096];
    let mut samples = Vec::new();
    let mut pcm = Vec::new();
    loop {
        let whole = bytes.len() - bytes.len() % frame_bytes;
        samples.clear();
        samples.extend(
            bytes[..whole]
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]])),
        );
        bytes.drain(..whole);
        pcm.clear();
        pcm.extend(mono(&samples, usize::from(layout.channels)));
        if !feed.push_all(&pcm) {
            return;
        }
        match stream.read(&mut chunk) {
            Ok(0) => return feed.signals().ended.store(true, Ordering::Release),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return feed.signals().failed.store(true, Ordering::Release),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, PcmLayout, SourceError, probe, read};
    use crate::{limits::BLOCK_SAMPLES, queue::Tap};
    use std::sync::atomic::Ordering;

    #[test]
    fn raw_samples_lose_nothing_to_the_probe_and_a_cut_frame_is_left_out() {
        let bytes: Vec<u8> = [1_i16, 3, -5, -7, 100, 200]
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .chain([9])
            .collect();
        let mut stream = bytes.as_slice();
        let (layout, first) = probe(&mut stream, Some(8_000)).unwrap();
        assert_eq!(
            layout,
            PcmLayout {
                rate_hz: 8_000,
                channels: 1
            }
        );
        let mut tap = Tap::new();
        let (feed, signals) = tap.lend().unwrap();
        read(
            &mut stream,
            PcmLayout {
                channels: 2,
                ..layout
            },
            &first,
            feed,
        );
        let mut block = heapless::Vec::<i16, BLOCK_SAMPLES>::new();
        tap.drain(&mut block, usize::MAX);
        assert_eq!(block, [2, -6, 150]);
        assert!(signals.ended.load(Ordering::Acquire));
    }

    #[test]
    fn raw_samples_need_a_rate() {
        assert!(matches!(
            probe(&mut [1_u8, 2, 3, 4].as_slice(), None),
            Err(SourceError::NoRate)
        ));
    }

    #[test]
    fn inputs_are_told_apart() {
        assert_eq!(Input::parse("-"), Input::Stdin);
        assert_eq!(Input::parse("default"), Input::Device("default".to_owned()));
        assert_eq!(Input::parse("hw:1,0"), Input::Device("hw:1,0".to_owned()));
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(Input::parse(path), Input::File(path.into()));
        // What is not there is a file all the same: a mistyped path is an error, not a device to wait for.
        for gone in ["/no/such/dir/x", "gone.WAV"] {
            assert_eq!(Input::parse(gone), Input::File(gone.into()));
        }
        assert_eq!(Input::parse("/no/such/dir/x.wav").name(), "x.wav");
    }
}
