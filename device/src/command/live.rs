//! The worker of `run`, between the queue of samples and the queues of records. All clocks of a live run are here.
use super::outlet::Outlet;
use anyhow::Context as _;
use needledrop_device::{
    journal::{self, Complaint},
    limits::BLOCK_SAMPLES,
    outputs::Outputs,
    pipeline::Pipeline,
    queue::Tap,
    recording::Recording,
    source::{self, Input, Source, SourceError},
    supervisor::Supervisor,
    vitals::{THERMAL_DIR, Vitals, temperature_c_x10},
};
use needledrop_infer::Net;
use needledrop_protocol::{NoAudio, STATUS_SECONDS};
use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long the worker sleeps when no samples wait.
const IDLE_WAIT: Duration = Duration::from_millis(10);
/// An open device without samples for this long is starved.
const STARVED_AFTER: Duration = Duration::from_secs(2);
/// A starved device is closed and opened again after this long.
const REOPEN_STARVED_AFTER: Duration = Duration::from_secs(10);
/// A processor's temperature changes slowly, and reading it takes a look at several files.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(5);
/// First and longest time between two attempts to open a lost device.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(10);

/// A run from its first look for a source to its last record.
pub(super) struct Live {
    pipeline: Pipeline<Net>,
    outlet: Outlet,
    tap: Tap,
    input: Input,
    rate_hz: Option<u32>,
    recording: Option<Recording>,
    supervisor: Supervisor,
    /// Time until the next attempt to open the source.
    retry: Duration,
    /// A `begin` was recorded.
    begun: bool,
    /// The source was open before.
    opened: bool,
    /// When the processor's temperature was read last.
    temperature_read: Option<Instant>,
}

impl Live {
    pub(super) fn new(
        pipeline: Pipeline<Net>,
        outlet: Outlet,
        input: Input,
        rate_hz: Option<u32>,
        recording: Option<Recording>,
        supervisor: Supervisor,
    ) -> Self {
        Self {
            pipeline,
            outlet,
            tap: Tap::new(),
            input,
            rate_hz,
            recording,
            supervisor,
            retry: FIRST_RETRY,
            begun: false,
            opened: false,
            temperature_read: None,
        }
    }

    /// Opens the source, listens to it, and again, until it ends for good.
    pub(super) fn listen(&mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut lost = false;
        let mut complaint = Complaint::default();
        while !self.done(stop) {
            let problem = match self.open(stop) {
                Ok(source) => {
                    self.begin(&source)?;
                    lost = false;
                    complaint.settle();
                    match self.hear(&source, stop)? {
                        Heard::Lost => "audio input lost".to_owned(),
                        Heard::End => return Ok(()),
                    }
                }
                Err(error @ SourceError::Capture { .. }) => {
                    format!("{:#}", anyhow::Error::from(error))
                }
                Err(SourceError::Stopped) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if !self.begun {
                self.begun = true;
                let name = self.input.name();
                self.pipeline
                    .begin(&name, None, |record| self.outlet.emit(&record))?;
            }
            if !lost {
                lost = true;
                self.say_no_audio(NoAudio::Lost);
            }
            self.supervisor.status(&format!("no audio: {problem}"));
            complaint.say(format!("{problem}; trying again"));
            self.wait(stop);
        }
        Ok(())
    }

    /// The last records, and the end of the recording.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        self.supervisor.stopping();
        let judged = if self.begun {
            self.pipeline.finish(|record| self.outlet.emit(&record))
        } else {
            Ok(())
        };
        if let Some(recording) = self.recording.take() {
            recording.close();
        }
        judged.context("judging what was heard last")
    }

    /// Records so far.
    pub(super) fn records(&self) -> u64 {
        self.outlet.records
    }

    /// What is left to be closed.
    pub(super) fn into_outputs(self) -> Outputs {
        self.outlet.outputs
    }

    fn open(&mut self, stop: &AtomicBool) -> Result<Source, SourceError> {
        let supervisor = &mut self.supervisor;
        supervisor.alive();
        source::open(&self.input, self.rate_hz, &mut self.tap, &mut || {
            supervisor.alive();
            !stop.load(Ordering::Relaxed)
        })
    }

    fn done(&self, stop: &AtomicBool) -> bool {
        stop.load(Ordering::Relaxed) || self.outlet.outputs.has_failed()
    }

    fn begin(&mut self, source: &Source) -> anyhow::Result<()> {
        let name = self.input.name();
        self.pipeline
            .begin(&name, Some(source.rate_hz), |record| {
                self.outlet.emit(&record)
            })
            .with_context(|| format!("audio input {name}"))?;
        let listening = format!("listening to {name} ({})", source.format);
        self.supervisor.status(&listening);
        journal::say(listening);
        if let Some(recording) = &mut self.recording {
            recording.begin(source.rate_hz);
        }
        self.begun = true;
        if core::mem::replace(&mut self.opened, true) {
            self.pipeline.vitals().audio_restarts += 1;
        }
        Ok(())
    }

    /// Hears a source until it is lost or at its end.
    fn hear(&mut self, source: &Source, stop: &AtomicBool) -> anyhow::Result<Heard> {
        let mut block = heapless::Vec::<i16, BLOCK_SAMPLES>::new();
        let mut last_samples = Instant::now();
        let mut starved = false;
        // Lost samples, and how many wait that were heard before them.
        let (mut lost, mut before_loss) = (0, 0);
        while !self.done(stop) {
            // Asked before looking: what was sent before the end is then still found.
            let ended = source.signals.ended.load(Ordering::Acquire);
            let failed = source.signals.failed.load(Ordering::Acquire);
            let more_lost = source.signals.lost_samples.swap(0, Ordering::Relaxed);
            if lost == 0 {
                before_loss = self.tap.waiting();
            }
            lost += more_lost;
            self.look_around();
            if lost > 0 && before_loss == 0 {
                self.say_lost(core::mem::take(&mut lost));
            }
            block.clear();
            let most = if lost > 0 { before_loss } else { usize::MAX };
            self.tap.drain(&mut block, most);
            if !block.is_empty() {
                before_loss = before_loss.saturating_sub(block.len());
                (last_samples, starved) = (Instant::now(), false);
                self.retry = FIRST_RETRY;
                if let Some(recording) = &mut self.recording {
                    recording.push(&block);
                }
                self.pipeline
                    .push(&block, |record| self.outlet.emit(&record))?;
                self.outlet.load.busy += last_samples.elapsed();
                self.outlet.load.sound +=
                    Duration::from_secs_f64(block.len() as f64 / f64::from(source.rate_hz));
                continue;
            }
            let is_device = matches!(self.input, Input::Device(_));
            if ended {
                return Ok(Heard::End);
            }
            if failed && is_device {
                return Ok(Heard::Lost);
            }
            if failed {
                anyhow::bail!("{}: reading failed before its end", self.input.name());
            }
            if !starved && last_samples.elapsed() >= STARVED_AFTER {
                starved = true;
                self.say_no_audio(NoAudio::Starved);
            }
            if is_device && last_samples.elapsed() >= REOPEN_STARVED_AFTER {
                return Ok(Heard::Lost);
            }
            thread::sleep(IDLE_WAIT);
        }
        if lost > 0 {
            self.say_lost(lost);
        }
        Ok(Heard::End)
    }

    fn say_lost(&mut self, samples: u64) {
        self.pipeline
            .lost(samples, |record| self.outlet.emit(&record));
    }

    fn say_no_audio(&mut self, cause: NoAudio) {
        self.pipeline
            .no_audio(cause, |record| self.outlet.emit(&record));
    }

    /// Waits before the next attempt, longer each time.
    fn wait(&mut self, stop: &AtomicBool) {
        let start = Instant::now();
        while start.elapsed() < self.retry && !self.done(stop) {
            self.look_around();
            thread::sleep(IDLE_WAIT);
        }
        self.retry = (2 * self.retry).min(LAST_RETRY);
    }

    /// Refreshes what only a live run knows; without sound to drive the clock, a status comes by wall clock.
    fn look_around(&mut self) {
        self.supervisor.alive();
        let vitals = self.pipeline.vitals();
        *vitals = Vitals {
            dropped_records: self.outlet.outputs.dropped(),
            serial_restarts: self.outlet.outputs.restarts(),
            real_time_factor_permille: self.outlet.load.permille(),
            ..*vitals
        };
        let read = self.temperature_read;
        if read.is_none_or(|read| read.elapsed() >= TEMPERATURE_EVERY) {
            vitals.temperature_c_x10 = temperature_c_x10(Path::new(THERMAL_DIR));
            self.temperature_read = Some(Instant::now());
        }
        if self.outlet.last_status.elapsed() >= QUIET_LIMIT {
            self.pipeline.status(|record| self.outlet.emit(&record));
        }
    }
}

/// A little above the time between two statuses that the sound drives.
const QUIET_LIMIT: Duration = Duration::from_millis(1_000 * STATUS_SECONDS as u64 + 500);

enum Heard {
    /// The device is gone.
    Lost,
    /// The source ended, or the program was told to.
    End,
}
