//! What the board has heard so far, and the records that follow from it.
//!
//! Time is a count of samples. A record about a window carries the time of the window's end; one about a change in
//! between, the time of the cell that brought it.
use crate::{
    decision::Verdict,
    judge::{Classifier, Judge},
    level::Meter,
    limits::MUTED_SECONDS,
    profile::Profile,
    recorder::{Recorder, SoundStatus},
    vitals::Vitals,
};
use needledrop_infer::{RowTimes, Windows};
use needledrop_protocol::{NoAudio, Record, STATUS_SECONDS, SampleTime, State, Tag};

/// Meter, windows and judge on one clock.
pub struct Listener<C> {
    recorder: Recorder,
    /// Numbers that only the driver knows.
    pub vitals: Vitals,
    windows: Windows,
    window_rows: u64,
    /// Cells that a window lasts.
    window_cells: usize,
    judge: Judge<C>,
    meter: Meter,
    clock: SampleTime,
    /// Where the first row of `windows` starts on the clock.
    rows_start_samples: u64,
    next_status_samples: u64,
    last_status_samples: Option<u64>,
    overrun_samples: u64,
    verdict: Verdict,
    last: Option<Tag>,
}

impl<C: Classifier> Listener<C> {
    /// For a model.
    pub fn new(profile: &Profile, classifier: C) -> Self {
        Self {
            recorder: Recorder::new(profile),
            vitals: Vitals::default(),
            windows: Windows::new(profile.window),
            window_rows: profile.window.frames as u64,
            window_cells: 0,
            judge: Judge::new(profile, classifier),
            meter: Meter::default(),
            clock: SampleTime::default(),
            rows_start_samples: 0,
            next_status_samples: 0,
            last_status_samples: None,
            overrun_samples: 0,
            verdict: Verdict::LISTENING,
            last: None,
        }
    }

    /// The clock starts anew; `times` is where rows will lie, unknown while there is no input. Cells have
    /// `cell_samples` samples, at least 1.
    pub fn begin(
        &mut self,
        source: &str,
        times: Option<RowTimes>,
        cell_samples: usize,
        emit: &mut impl FnMut(Record),
    ) {
        let rate_hz = times.map_or(0, |times| times.input_hz());
        let window_samples = times.map_or(0, |times| times.input_samples(self.window_rows));
        self.window_cells =
            usize::try_from(window_samples.div_ceil(cell_samples as u64)).unwrap_or(usize::MAX);
        self.clock = SampleTime {
            samples: 0,
            rate_hz,
        };
        self.next_status_samples = self.seconds(STATUS_SECONDS);
        self.last_status_samples = None;
        self.meter.reset();
        self.forget();
        self.verdict = Verdict::LISTENING;
        self.last = None;
        emit(self.recorder.begin(self.clock, source));
    }

    fn seconds(&self, seconds: u32) -> u64 {
        u64::from(seconds) * u64::from(self.clock.rate_hz)
    }

    /// Rows and verdicts of before no longer count.
    pub fn forget(&mut self) {
        self.windows.reset();
        self.judge.reset();
        self.rows_start_samples = self.clock.samples;
    }

    /// A cell of PCM came; its rows follow. `true` when rows must start anew because the sound was interrupted.
    pub fn process_cell(&mut self, cell: &[i16], emit: &mut impl FnMut(Record)) -> bool {
        self.meter.process(cell);
        let muted = self.meter.zero_run_samples() >= self.seconds(MUTED_SECONDS);
        let resumes = match self.verdict.state {
            State::NoAudio(NoAudio::Muted) => !muted,
            State::NoAudio(_) => true,
            _ => false,
        };
        if resumes {
            self.forget();
            self.change(Verdict::LISTENING, emit);
        }
        self.clock.samples += cell.len() as u64;
        if muted && self.verdict.state != State::NoAudio(NoAudio::Muted) {
            self.no_audio(NoAudio::Muted, emit);
        }
        resumes
    }

    /// The cell's rows are done: a status when it is due.
    pub fn end_cell(&mut self, emit: &mut impl FnMut(Record)) {
        if self.clock.samples >= self.next_status_samples {
            // The next multiple: a long loss may have passed several.
            let period = self.seconds(STATUS_SECONDS).max(1);
            self.next_status_samples = (self.clock.samples / period + 1) * period;
            self.status(emit);
        }
    }

    /// One row.
    pub fn process_row(
        &mut self,
        row: &[i16],
        times: RowTimes,
        emit: &mut impl FnMut(Record),
    ) -> Result<(), C::Error> {
        let Some(window) = self.windows.push(row) else {
            return Ok(());
        };
        let end =
            self.rows_start_samples + times.input_samples(window.first_row + self.window_rows);
        let level = self.meter.recent(self.window_cells).dbfs_x10();
        let verdict = match self.verdict.state {
            State::NoAudio(_) => self.verdict,
            _ => self.judge.process(window.values, level)?,
        };
        let time = SampleTime {
            samples: end.min(self.clock.samples),
            ..self.clock
        };
        self.say(verdict, level, time, (false, false), emit);
        Ok(())
    }

    /// The source has ended and all its rows were seen: the last, flagged record and a status.
    pub fn finish(&mut self, emit: &mut impl FnMut(Record)) -> Result<(), C::Error> {
        let level = self.meter.recent(self.window_cells).dbfs_x10();
        let short = match self.windows.finish() {
            Some(window) => match self.verdict.state {
                State::NoAudio(_) => Some(self.verdict),
                _ => Some(self.judge.process(window.values, level)?),
            },
            None => None,
        };
        match (short, self.last.take()) {
            (Some(verdict), _) => self.say(verdict, level, self.clock, (true, true), emit),
            (None, Some(tag)) => emit(self.recorder.tag(self.clock, Tag { last: true, ..tag })),
            (None, None) => self.say(self.verdict, level, self.clock, (false, true), emit),
        }
        self.status(emit);
        self.forget();
        Ok(())
    }

    /// Samples were lost: the clock goes on without them. A status says so, but at most one a second: a board that is
    /// always late must not fill its line with that.
    pub fn lost(&mut self, samples: u64, emit: &mut impl FnMut(Record)) {
        self.clock.samples += samples;
        self.rows_start_samples += samples;
        self.overrun_samples += samples;
        let now = self.clock.samples;
        let long_ago = |last: u64| now.saturating_sub(last) >= self.seconds(1);
        if self.last_status_samples.is_none_or(long_ago) {
            self.status(emit);
        }
    }

    /// Nothing usable arrives.
    pub fn no_audio(&mut self, cause: NoAudio, emit: &mut impl FnMut(Record)) {
        self.judge.reset();
        let verdict = Verdict {
            state: State::NoAudio(cause),
            class: None,
        };
        self.change(verdict, emit);
    }

    /// How the board is, now.
    pub fn status(&mut self, emit: &mut impl FnMut(Record)) {
        let sound = SoundStatus {
            level_dbfs_x10: self.meter.take_since_status().dbfs_x10(),
            clipped_samples: self.meter.clipped_samples(),
            overrun_samples: self.overrun_samples,
        };
        let state = self.verdict.state;
        self.last_status_samples = Some(self.clock.samples);
        emit(self.recorder.status(self.clock, state, sound, &self.vitals));
    }

    /// A verdict between windows.
    fn change(&mut self, verdict: Verdict, emit: &mut impl FnMut(Record)) {
        self.say(verdict, None, self.clock, (false, false), emit);
    }

    /// Records a verdict, and a status when its state is new.
    fn say(
        &mut self,
        verdict: Verdict,
        level_dbfs_x10: Option<i16>,
        time: SampleTime,
        (short, last): (bool, bool),
        emit: &mut impl FnMut(Record),
    ) {
        let tag = Tag {
            state: verdict.state,
            candidates: self.judge.candidates(verdict),
            level_dbfs_x10,
            short,
            last,
        };
        self.last = Some(tag.clone());
        emit(self.recorder.tag(time, tag));
        let before = core::mem::replace(&mut self.verdict, verdict);
        if before.state != verdict.state && !last {
            self.status(emit);
        }
    }
}
