//! How records are shown, and the loop that shows them.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::feed::Event;
use super::link::Link;
use super::print::{Json, Plain, Quiet};
use super::terminal;
use super::watch::{Consumer, Watch};

/// Longest time until a silent line is remarked.
const TICK: Duration = Duration::from_millis(500);

/// How records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A picture that fills the terminal.
    Terminal,
    /// One readable line a record.
    Plain,
    /// One JSON object a record.
    Json,
    /// Nothing but remarks, on stderr.
    Quiet,
}

/// Shows what comes until the source ends or the user leaves; `others` are told of everything as well.
///
/// # Errors
/// The source failed for good, nothing can be shown, or one of `others` failed.
pub fn show(
    events: &Receiver<Event>,
    name: &str,
    view: View,
    mut others: Vec<Box<dyn Consumer>>,
) -> Result<Watch> {
    match view {
        View::Terminal => {}
        View::Plain => others.insert(0, Box::new(Plain(io::stdout()))),
        View::Json => others.insert(0, Box::new(Json(io::stdout()))),
        View::Quiet => others.insert(0, Box::new(Quiet)),
    }
    let mut watch = Watch::new(name, others, Instant::now());
    let shown = if view == View::Terminal {
        terminal::run(events, &mut watch)
    } else {
        print(events, &mut watch)
    };
    shown.and(watch.end())?;
    Ok(watch)
}

fn print(events: &Receiver<Event>, watch: &mut Watch) -> Result<()> {
    while watch.link != Link::Ended && !watch.left {
        match events.recv_timeout(TICK) {
            Ok(event) => watch.take(event, Instant::now())?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        watch.tick(Instant::now())?;
    }
    Ok(())
}
