//! Where samples come from: the sound card, a file at the speed of life, or standard input.
//!
//! [`Input`] says which, [`open`] starts it; from then on a thread of its own fills the queue, until the [`Source`] is
//! dropped.

mod error;
mod file;
mod input;
mod stdin;

use crate::{
    capture::{self, Capture},
    queue::{Signals, Tap},
};
pub use error::SourceError;
pub use input::Input;
use needledrop_audio::AudioFile;
use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

/// How often a wait for standard input looks whether the program is to end.
const STOP_LOOK: Duration = Duration::from_millis(50);

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
            thread::spawn(move || file::play(file, rate_hz, feed));
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
            thread::spawn(move || stdin::hear(wanted_hz, feed, &sender));
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
