//! The terminal loop: lines in, keys in, picture out.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};

use super::feed::Event;
use super::screen::{Link, draw};
use super::session::Session;

/// Longest time between a key and its effect, and between two pictures of a quiet line.
const TICK: Duration = Duration::from_millis(100);

/// Shows the session until `q`, Escape or Ctrl-C; gives back what was heard.
///
/// # Errors
/// The terminal can't be set up or drawn to, or the source failed for good.
pub fn run(events: &Receiver<Event>, source: &str) -> Result<(Session, Link)> {
    let mut terminal = ratatui::try_init().context("could not set up the terminal; try --plain")?;
    let mut session = Session::new();
    let outcome = show(&mut terminal, events, &mut session, source);
    ratatui::try_restore().context("could not restore the terminal; run reset")?;
    outcome.map(|link| (session, link))
}

fn show(
    terminal: &mut ratatui::DefaultTerminal,
    events: &Receiver<Event>,
    session: &mut Session,
    source: &str,
) -> Result<Link> {
    let mut link = Link::Open;
    loop {
        take(events, session, &mut link)?;
        terminal
            .draw(|frame| draw(frame, session, source, &link, Instant::now()))
            .context("could not draw")?;
        if quit_asked()? {
            return Ok(link);
        }
    }
}

/// Takes what arrives within one tick.
fn take(events: &Receiver<Event>, session: &mut Session, link: &mut Link) -> Result<()> {
    let deadline = Instant::now() + TICK;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(Event::Line(line)) => {
                session.line(&line);
            }
            Ok(Event::Away(reason)) => *link = Link::Away(reason),
            Ok(Event::Back) => {
                session.interrupted();
                *link = Link::Open;
            }
            Ok(Event::End) => *link = Link::Ended,
            Ok(Event::Failed(error)) => return Err(error),
            Err(RecvTimeoutError::Timeout) => return Ok(()),
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
