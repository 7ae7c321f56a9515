//! The phases of a run and how long each may take; it knows no clock, program or socket.
//!
//! ```text
//! booting -> (the guest listens) -> playing -> (all played) -> settling -> stopping -> (init says done) -> the end
//! ```

use std::time::{Duration, Instant};

/// From qemu's start to a microphone that is open: an emulated board on a busy machine is slow.
const BOOT_LIMIT: Duration = Duration::from_secs(180);
/// What playing may take beyond the length of the files.
const PLAY_SLACK: Duration = Duration::from_secs(60);
/// After the last file the window that holds its end is still to be judged.
const SETTLE: Duration = Duration::from_secs(3);
/// From the word to stop to a card that is written.
const STOP_LIMIT: Duration = Duration::from_secs(45);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Booting,
    Playing,
    Settling,
    Stopping,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Done,
    /// Ctrl-C.
    Interrupted,
    /// Why it was broken off, in words.
    Broken(String),
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing but wait.
    Wait,
    /// Tell the guest to stop.
    Stop,
    /// It is over.
    End(End),
}

/// Where the run is.
#[derive(Debug)]
pub(crate) struct Course {
    phase: Phase,
    since: Instant,
    play_limit: Duration,
    end: Option<End>,
}

impl Course {
    /// qemu starts now; the files take `playing`.
    pub(crate) fn new(playing: Duration, now: Instant) -> Self {
        Self {
            phase: Phase::Booting,
            since: now,
            play_limit: playing + PLAY_SLACK,
            end: None,
        }
    }

    /// The guest's microphone is open; whether that is news.
    pub(crate) fn listens(&mut self, now: Instant) -> bool {
        let news = self.phase == Phase::Booting;
        if news {
            self.enter(Phase::Playing, now);
        }
        news
    }

    /// Everything was played.
    pub(crate) fn played(&mut self, now: Instant) {
        if self.phase == Phase::Playing {
            self.enter(Phase::Settling, now);
        }
    }

    /// The guest has stopped: after all was played, or when nobody asked for it.
    pub(crate) fn done(&mut self) {
        self.finish(if matches!(self.phase, Phase::Settling | Phase::Stopping) {
            End::Done
        } else {
            End::Broken("the guest stopped by itself".to_owned())
        });
    }

    /// Something ended the run; the first reason counts.
    pub(crate) fn finish(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    /// What the time asks for.
    pub(crate) fn step(&mut self, now: Instant) -> Step {
        if let Some(end) = &self.end {
            return Step::End(end.clone());
        }
        let elapsed = now.saturating_duration_since(self.since);
        let broken = |what: &str, limit: Duration| {
            Step::End(End::Broken(format!("{what} within {} s", limit.as_secs())))
        };
        match self.phase {
            Phase::Booting if elapsed > BOOT_LIMIT => {
                broken("the guest did not open its microphone", BOOT_LIMIT)
            }
            Phase::Playing if elapsed > self.play_limit => {
                broken("the files were not played", self.play_limit)
            }
            Phase::Settling if elapsed > SETTLE => {
                self.enter(Phase::Stopping, now);
                Step::Stop
            }
            Phase::Stopping if elapsed > STOP_LIMIT => broken("the guest did not stop", STOP_LIMIT),
            _ => Step::Wait,
        }
    }

    fn enter(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{BOOT_LIMIT, Course, End, PLAY_SLACK, SETTLE, STOP_LIMIT, Step};
    use std::time::{Duration, Instant};

    const TICK: Duration = Duration::from_millis(1);

    fn is_broken(step: Step, words: &str) -> bool {
        matches!(step, Step::End(End::Broken(why)) if why.contains(words))
    }

    #[test]
    fn a_run_goes_from_phase_to_phase() {
        let mut now = Instant::now();
        let mut course = Course::new(Duration::from_secs(30), now);
        assert_eq!(course.step(now), Step::Wait);
        assert!(course.listens(now));
        assert!(
            !course.listens(now),
            "a microphone that is opened again starts nothing anew"
        );
        course.played(now);
        now += SETTLE;
        assert_eq!(course.step(now), Step::Wait);
        now += TICK;
        assert_eq!(course.step(now), Step::Stop);
        assert_eq!(course.step(now), Step::Wait, "told once");
        course.done();
        assert_eq!(course.step(now), Step::End(End::Done));
    }

    #[test]
    fn every_phase_has_an_end() {
        let start = Instant::now();
        let mut course = Course::new(Duration::from_secs(30), start);
        assert!(is_broken(
            course.step(start + BOOT_LIMIT + TICK),
            "microphone"
        ));
        course.listens(start);
        let limit = Duration::from_secs(30) + PLAY_SLACK;
        assert_eq!(course.step(start + limit), Step::Wait);
        assert!(is_broken(course.step(start + limit + TICK), "not played"));
        course.played(start);
        assert_eq!(course.step(start + SETTLE + TICK), Step::Stop);
        assert!(is_broken(
            course.step(start + SETTLE + STOP_LIMIT + 2 * TICK),
            "not stop"
        ));
    }

    #[test]
    fn an_end_that_nobody_asked_for_is_no_good_one_and_the_first_counts() {
        let now = Instant::now();
        let mut course = Course::new(Duration::ZERO, now);
        course.listens(now);
        course.done();
        course.finish(End::Interrupted);
        assert!(is_broken(course.step(now), "by itself"));
    }
}
