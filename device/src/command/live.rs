//! `run`: the worker between the queue of samples and the queue of records. All clocks of a live run are here.
use super::{model, signals::stop_flag};
use crate::args::{ModelArgs, RunArgs};
use anyhow::Context as _;
use needledrop_device::{
    limits::{BLOCK_SAMPLES, STATUS_SECONDS},
    pipeline::Pipeline,
    queue::Tap,
    source::{self, Input, Source, SourceError},
    vitals::{THERMAL_DIR, Vitals, temperature_c_x10},
    writer::{Output, Writer},
};
use needledrop_infer::Net;
use needledrop_protocol::{Body, Format, NoAudio, Record, encode};
use std::{
    fs,
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

/// Listens until the source ends or a signal comes.
pub(crate) fn run(args: RunArgs) -> anyhow::Result<bool> {
    let args = with_file(args)?;
    let Some(path) = args.model.clone() else {
        anyhow::bail!("no model: give --model FILE, or model = \"FILE\" in the --config file");
    };
    let model_args = ModelArgs {
        model: path,
        key: args.key.clone(),
    };
    let pipeline = model::pipeline(model::open(&model_args)?, args.hop)?;
    let format = args.format.as_deref().unwrap_or(Format::Nmea.name());
    let format: Format = format
        .parse()
        .map_err(|expected| anyhow::anyhow!("format {format}: {expected}"))?;
    let output = args.serial.as_deref().unwrap_or("-");
    let writer = Writer::start(Output::parse(output)).with_context(|| {
        format!(
            "serial port {output} can't be opened; `needledrop-device diagnose` lists the ports"
        )
    })?;
    let stop = stop_flag().context("signal handlers")?;
    let mut live = Live {
        pipeline,
        outlet: Outlet {
            writer,
            format,
            records: 0,
            last_status: Instant::now(),
            load: Load::default(),
        },
        tap: Tap::new(),
        input: Input::parse(args.input.as_deref().unwrap_or("default")),
        rate_hz: args.rate,
        retry: FIRST_RETRY,
        begun: false,
        opened: false,
        temperature_read: None,
    };
    let outcome = live.listen(&stop);
    if live.begun {
        live.pipeline
            .finish(|record| live.outlet.emit(&record))
            .context("judging what was heard last")?;
    }
    let records = live.outlet.records;
    let (dropped, written) = live.outlet.writer.close();
    eprintln!("needledrop-device: {records} records, {dropped} dropped");
    outcome?;
    written.context("standard output")?;
    Ok(true)
}

/// Adds what the configuration file says.
fn with_file(args: RunArgs) -> anyhow::Result<RunArgs> {
    let Some(path) = args.config.clone() else {
        return Ok(args);
    };
    let named = || format!("configuration {}", path.display());
    let text = fs::read_to_string(&path).with_context(named)?;
    let file: RunArgs = toml::from_str(&text).with_context(named)?;
    if let Some(format) = &file.format {
        format
            .parse::<Format>()
            .map_err(|expected| anyhow::anyhow!("{}: format is {format:?}, {expected}", named()))?;
    }
    Ok(args.or(file))
}

struct Live {
    pipeline: Pipeline<Net>,
    outlet: Outlet,
    tap: Tap,
    input: Input,
    rate_hz: Option<u32>,
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
    /// Opens the source, listens to it, and again, until it ends for good.
    fn listen(&mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut lost = false;
        let mut complaint = String::new();
        while !self.done(stop) {
            let problem = match source::open(&self.input, self.rate_hz, &mut self.tap, stop) {
                Ok(source) => {
                    self.begin(&source)?;
                    lost = false;
                    complaint.clear();
                    match self.hear(&source, stop)? {
                        Heard::Lost => "audio input lost".to_owned(),
                        Heard::End => return Ok(()),
                    }
                }
                Err(error @ (SourceError::Capture { .. } | SourceError::Busy { .. })) => {
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
            if problem != complaint {
                eprintln!("needledrop-device: {problem}; trying again");
                complaint = problem;
            }
            self.wait(stop);
        }
        Ok(())
    }

    fn done(&self, stop: &AtomicBool) -> bool {
        stop.load(Ordering::Relaxed) || self.outlet.writer.has_failed()
    }

    fn begin(&mut self, source: &Source) -> anyhow::Result<()> {
        let name = self.input.name();
        self.pipeline
            .begin(&name, Some(source.rate_hz), |record| {
                self.outlet.emit(&record)
            })
            .with_context(|| format!("audio input {name}"))?;
        eprintln!("needledrop-device: listening to {name} ({})", source.format);
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
        let vitals = self.pipeline.vitals();
        *vitals = Vitals {
            dropped_records: self.outlet.writer.dropped(),
            serial_restarts: self.outlet.writer.restarts(),
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

/// Where records go.
struct Outlet {
    writer: Writer,
    format: Format,
    records: u64,
    last_status: Instant,
    load: Load,
}

impl Outlet {
    fn emit(&mut self, record: &Record) {
        if matches!(record.body, Body::Status(_)) {
            self.last_status = Instant::now();
            self.load = Load::default();
        }
        self.records += 1;
        self.writer.send(encode(record, self.format));
    }
}

/// Computing time and sound time since the last status.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    busy: Duration,
    sound: Duration,
}

impl Load {
    fn permille(self) -> Option<u32> {
        let sound = self.sound.as_micros();
        let permille = (1_000 * self.busy.as_micros()).checked_div(sound)?;
        u32::try_from(permille).ok()
    }
}
