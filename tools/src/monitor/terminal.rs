//! The terminal loop: events and keys in, pictures out.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};

use super::feed::Event;
use super::screen::draw;
use super::watch::Watch;

/// Longest time between a key and its effect, and between two pictures of a quiet line.
const TICK: Duration = Duration::from_millis(100);

/// Shows what is watched until `q`, Escape or Ctrl-C.
///
/// # Errors
/// The terminal can't be set up or drawn to, or the source failed for good.
pub fn run(events: &Receiver<Event>, watch: &mut Watch) -> Result<()> {
    let mut terminal = ratatui::try_init().context("could not set up the terminal; try --plain")?;
    let outcome = show(&mut terminal, events, watch);
    ratatui::try_restore().context("could not restore the terminal; run reset")?;
    outcome
}

fn show(
    terminal: &mut ratatui::DefaultTerminal,
    events: &Receiver<Event>,
    watch: &mut Watch,
) -> Result<()> {
    loop {
        take(events, watch)?;
        terminal
            .draw(|frame| draw(frame, watch, Instant::now()))
            .context("could not draw")?;
        if quit_asked()? || watch.left {
            return Ok(());
        }
    }
}

/// Takes what arrives within one tick.
fn take(events: &Receiver<Event>, watch: &mut Watch) -> Result<()> {
    let deadline = Instant::now() + TICK;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(event) => watch.take(event, Instant::now())?,
            Err(RecvTimeoutError::Timeout) => return watch.tick(Instant::now()),
            // The reader has ended; keep the pace of the pictures.
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(left);
                return Ok(());
            }
        }
        if left.is_zero() {
            return Ok(());
        }
    }
}

fn quit_asked() -> Result<bool> {
    while event::poll(Duration::ZERO).context("could not read the keyboard; try --plain")? {
        if let Input::Key(key) = event::read().context("could not read the keyboard")?
            && key.kind == KeyEventKind::Press
        {
            let interrupt =
                key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupt || matches!(key.code, KeyCode::Char('q' | 'Q') | KeyCode::Esc) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
