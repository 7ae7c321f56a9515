//! The run itself: what arrives is shown, verified and remembered; what the course asks for is done.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::Result;
use needledrop_protocol::{Body, Record};

use super::console::{Console, Word, understand};
use super::course::{Course, End, Step};
use super::guest::{Event, Guest};
use super::play::Player;
use super::sound::Sound;
use crate::monitor::plain;
use crate::monitor::print::print;
use crate::monitor::session::Session;

/// Longest wait before looking at the course, the player and qemu again.
const TICK: Duration = Duration::from_millis(50);

/// How late a record may be after the last word of init.
const LATE: Duration = Duration::from_millis(300);

/// What init takes for the wish to stop.
const STOP: &str = "stop";

/// Everything that was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Verified records, with totals and the last status.
    pub(crate) session: Session,
    /// All records.
    pub(crate) records: Vec<Record>,
    /// From the start of the guest's kernel to the first record.
    pub(crate) first_after: Option<Duration>,
    /// How it ended.
    pub(crate) end: End,
    /// The last lines of the console.
    pub(crate) console: Console,
}

/// Listens until the course is at its end.
///
/// # Errors
/// Standard output, a log, or the player.
pub(crate) fn listen(
    guest: &mut Guest,
    player: &mut Player,
    mut course: Course,
    stop: &AtomicBool,
    out: &mut dyn Write,
) -> Result<Heard> {
    let mut ear = Ear {
        out,
        session: Session::new(),
        records: Vec::new(),
        console: Console::default(),
        kernel_start: None,
        first_record: None,
    };
    let end = loop {
        // Asked before looking: what was sent before qemu ended is then still taken.
        let ended = guest.ended()?;
        let mut wait = TICK;
        loop {
            match guest.events.recv_timeout(wait) {
                Ok(event) => {
                    if ear.takes(event, player, &mut course)? {
                        player.start(Instant::now());
                    }
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    // Both ports are closed: qemu is about to be found ended.
                    std::thread::sleep(wait);
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        if let Some(words) = ended {
            course.finish(End::Broken(words));
        }
        if stop.load(Ordering::Relaxed) {
            course.finish(End::Interrupted);
        }
        let now = Instant::now();
        if let Some(sound) = player.step(now)? {
            ear.plays(&sound)?;
        }
        if player.is_done() {
            course.played(now);
        }
        match course.step(now) {
            Step::Wait => {}
            Step::Stop => {
                if let Err(error) = guest.type_line(STOP) {
                    course.finish(End::Broken(format!("{error:#}")));
                }
            }
            Step::End(end) => break end,
        }
    };
    // The last records and init's last word come through two sockets: either may be a little late.
    let until = Instant::now() + LATE;
    let left = || until.saturating_duration_since(Instant::now());
    while let Ok(arrived) = guest.events.recv_timeout(left()) {
        ear.takes(arrived, player, &mut course)?;
    }
    Ok(ear.heard(end))
}

/// What is remembered on the way.
struct Ear<'a> {
    out: &'a mut dyn Write,
    session: Session,
    records: Vec<Record>,
    console: Console,
    kernel_start: Option<Instant>,
    first_record: Option<Instant>,
}

impl Ear<'_> {
    /// Takes what arrived; whether the guest listens from now on.
    fn takes(&mut self, event: Event, player: &mut Player, course: &mut Course) -> Result<bool> {
        match event {
            Event::Record(line, at) => Ok(self.record(&line, at)? && course.listens(at)),
            Event::Console(line, at) => {
                self.console(&line, at, player, course)?;
                Ok(false)
            }
            Event::Failed(error) => Err(error),
            Event::Closed => Ok(false),
        }
    }

    /// Takes a line of the UART; whether it says that the microphone is open.
    fn record(&mut self, line: &[u8], at: Instant) -> Result<bool> {
        let heard = self.session.line(line);
        if let Some(remark) = &heard.remark {
            self.say(&format!("! {remark}"))?;
        }
        let Some(record) = heard.record else {
            return Ok(false);
        };
        self.first_record.get_or_insert(at);
        self.say(&plain::line(&record))?;
        let opened = matches!(record.body, Body::Begin(_)) && record.time.rate_hz > 0;
        self.records.push(record);
        Ok(opened)
    }

    fn console(
        &mut self,
        line: &str,
        at: Instant,
        player: &mut Player,
        course: &mut Course,
    ) -> Result<()> {
        self.console.line(line);
        match understand(line) {
            Some(Word::Started(seconds)) => {
                let age = Duration::try_from_secs_f64(seconds).unwrap_or_default();
                self.kernel_start = self.kernel_start.or(at.checked_sub(age));
            }
            Some(Word::Playing(file)) => {
                if let Some(sound) = player.guest_plays(&file) {
                    self.plays(&sound)?;
                }
            }
            Some(Word::Played) => player.guest_is_done(),
            Some(Word::Done) => course.done(),
            Some(Word::Crash(words)) => {
                course.finish(End::Broken(format!("the guest crashed: {words}")));
            }
            None => {}
        }
        Ok(())
    }

    fn plays(&mut self, sound: &Sound) -> Result<()> {
        let seconds = sound.length.as_secs_f64();
        self.say(&format!("playing {} ({seconds:.1} s)", sound.name))
    }

    fn say(&mut self, line: &str) -> Result<()> {
        print(&mut self.out, line)
    }

    fn heard(self, end: End) -> Heard {
        let first_after = self
            .first_record
            .zip(self.kernel_start)
            .map(|(first, start)| first.saturating_duration_since(start));
        Heard {
            session: self.session,
            records: self.records,
            first_after,
            end,
            console: self.console,
        }
    }
}

/// Shows the end of the console on stderr, and where all of it is.
pub(crate) fn show_console(console: &Console, log: &Path) {
    eprintln!(
        "emulate: the guest's last words on its console, all of it is in {}:",
        log.display()
    );
    for line in console.last() {
        eprintln!("    {line}");
    }
}
