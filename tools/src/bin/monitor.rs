//! Shows a board's records and verifies them.
//!
//! Exit codes: 0 done, 1 a file or stdin ended with lost, damaged or no records, 2 error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::Receiver;

use anyhow::{Context as _, Result};
use clap::Parser;
use needledrop_protocol::Counts;
use needledrop_tools::exit;
use needledrop_tools::monitor::feed::{self, Event, Source};
use needledrop_tools::monitor::screen::Link;
use needledrop_tools::monitor::session::{Heard, Session};
use needledrop_tools::monitor::{json, plain, terminal};

/// Shows the records of a needledrop board and verifies their sequence and checksums.
///
/// Without --plain or --json, a terminal gets a picture (q quits) and anything else gets --plain.
#[derive(Debug, Parser)]
#[command(name = "monitor", version)]
struct Arguments {
    /// Serial port (PORT or PORT:BAUD, 115200 by default), a file of records, or - for stdin;
    /// by default the only serial port of this machine, or stdin when that is a pipe
    #[arg(value_name = "PORT|FILE|-")]
    source: Option<String>,
    /// One readable line a record
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// One JSON object a record, as the board's own --format jsonl, and remarks between them
    #[arg(long)]
    json: bool,
    /// Also append everything received to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// How records are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Terminal,
    Plain,
    Json,
}

fn main() -> ExitCode {
    exit::code("monitor", &run(&Arguments::parse()))
}

/// Whether everything was in order.
fn run(arguments: &Arguments) -> Result<bool> {
    let source = match &arguments.source {
        Some(argument) => Source::parse(argument)?,
        None if io::stdin().is_terminal() => Source::only_port()?,
        None => Source::Stdin,
    };
    let view = match (arguments.plain, arguments.json) {
        (true, _) => View::Plain,
        (_, true) => View::Json,
        _ if io::stdout().is_terminal() => View::Terminal,
        _ => View::Plain,
    };
    let events = feed::start(&source, arguments.log.as_deref())?;
    let (counts, ended) = if view == View::Terminal {
        let (session, link) = terminal::run(&events, &source.to_string())?;
        (session.counts(), link == Link::Ended)
    } else {
        (print(&events, view)?, true)
    };
    // A port is left while it still speaks: what it said so far was shown, nothing is judged.
    if !ended || matches!(source, Source::Port { .. }) {
        return Ok(true);
    }
    eprintln!("monitor: {source}: {}", plain::totals(&counts));
    Ok(counts.is_clean() && counts.records > 0)
}

/// Prints every record until the source ends.
fn print(events: &Receiver<Event>, view: View) -> Result<Counts> {
    let mut session = Session::new();
    let mut out = io::stdout().lock();
    for event in events {
        match event {
            Event::Line(line) => print_heard(&mut out, view, &session.line(&line))
                .context("could not write to stdout")?,
            Event::Away(reason) => eprintln!("monitor: {reason}"),
            Event::Back => {
                session.interrupted();
                eprintln!("monitor: the port is back");
            }
            Event::End => break,
            Event::Failed(error) => return Err(error),
        }
    }
    if view == View::Json {
        writeln!(out, "{}", json::totals(&session.counts()))
            .context("could not write to stdout")?;
    }
    Ok(session.counts())
}

fn print_heard(out: &mut impl io::Write, view: View, heard: &Heard) -> io::Result<()> {
    if let Some(remark) = &heard.remark {
        match view {
            View::Json => writeln!(out, "{}", json::remark(remark))?,
            _ => writeln!(out, "! {remark}")?,
        }
    }
    if let Some(record) = &heard.record {
        match view {
            View::Json => writeln!(out, "{}", json::line(record))?,
            _ => writeln!(out, "{}", plain::line(record))?,
        }
    }
    // Each line at once: the next may be seconds away.
    out.flush()
}
