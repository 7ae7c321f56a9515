//! Shows a board's records and verifies them; see [`needledrop_tools::monitor`].
//!
//! Exit codes: 0 done, 1 a file or stdin ended with lost, damaged or no records, 2 error.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::SyncSender;

use anyhow::Result;
use clap::Parser;
use needledrop_protocol::DEFAULT_BAUD;
use needledrop_tools::exit;
use needledrop_tools::monitor::feed::{self, Event, Origin};
use needledrop_tools::monitor::find::follow::Port;
use needledrop_tools::monitor::find::{LISTEN_FOR, Search};
use needledrop_tools::monitor::link::Link;
#[cfg(feature = "mqtt")]
use needledrop_tools::monitor::mqtt;
use needledrop_tools::monitor::plain;
use needledrop_tools::monitor::port::candidate::Candidate;
use needledrop_tools::monitor::source::{Source, stdin_is_fed};
use needledrop_tools::monitor::view::{self, View};
use needledrop_tools::monitor::watch::Consumer;

/// Shows the records of a needledrop board and verifies their sequence and checksums.
///
/// Without --plain or --json, a terminal gets a picture (q quits) and anything else gets --plain.
#[derive(Debug, Parser)]
#[command(name = "monitor", version)]
struct Arguments {
    /// Serial port (PORT or PORT:BAUD, 115200 by default), a file of records, or - for stdin;
    /// by default stdin when that is a pipe or file, else the serial port on which a board is
    #[arg(value_name = "PORT|FILE|-")]
    source: Option<String>,
    /// Search for the board on these ports only
    #[arg(
        long,
        value_name = "PORT,...",
        value_delimiter = ',',
        conflicts_with = "source"
    )]
    among: Vec<String>,
    /// One readable line a record
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// One JSON object a record, as the board's own --format jsonl, and remarks between them
    #[arg(long)]
    json: bool,
    /// Also append everything received to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Show no records, only say what is wrong: for a service
    #[arg(long, conflicts_with_all = ["plain", "json"])]
    quiet: bool,
    #[cfg(feature = "mqtt")]
    #[command(flatten)]
    mqtt: mqtt::Arguments,
}

fn main() -> ExitCode {
    exit::code("monitor", &run(&Arguments::parse()))
}

/// Whether everything was in order.
fn run(arguments: &Arguments) -> Result<bool> {
    let (sender, events) = feed::channel();
    let others = consumers(arguments, &sender)?;
    let origin = origin(arguments)?;
    let name = feed::start(origin, arguments.log.as_deref(), sender)?;
    let watch = view::show(&events, &name, view(arguments), others)?;
    // A source that still speaks was left by the user: what it said so far was shown, nothing is judged.
    if watch.link != Link::Ended {
        return Ok(true);
    }
    let counts = watch.session.counts();
    eprintln!("monitor: {name}: {}", plain::totals(&counts));
    Ok(counts.is_clean() && counts.records > 0 && watch.is_complete())
}

/// What is read: what the user named, what is fed to stdin, or the board that a search finds.
fn origin(arguments: &Arguments) -> Result<Box<dyn Origin>> {
    if let Some(argument) = &arguments.source {
        return Ok(Source::parse(argument)?.origin());
    }
    if arguments.among.is_empty() && stdin_is_fed() {
        return Ok(Source::Stdin.origin());
    }
    let search = if arguments.among.is_empty() {
        Search::everywhere()
    } else {
        Search::named(&arguments.among)
    };
    let ports: Vec<String> = search
        .candidates()?
        .iter()
        .map(Candidate::to_string)
        .collect();
    if !ports.is_empty() {
        eprintln!(
            "monitor: looking for a board, {} s at most, on {}",
            LISTEN_FOR.as_secs(),
            ports.join(", ")
        );
    }
    let found = search.find(DEFAULT_BAUD)?;
    eprintln!("monitor: found {found}");
    Ok(Box::new(Port::found(found, DEFAULT_BAUD, search)))
}

fn view(arguments: &Arguments) -> View {
    if arguments.quiet {
        return View::Quiet;
    }
    match (arguments.plain, arguments.json) {
        (true, _) => View::Plain,
        (_, true) => View::Json,
        _ if io::stdout().is_terminal() => View::Terminal,
        _ => View::Plain,
    }
}

/// Whoever else is told of what comes, besides the view. A consumer with a thread of its own may send remarks.
#[cfg(feature = "mqtt")]
fn consumers(arguments: &Arguments, sender: &SyncSender<Event>) -> Result<Vec<Box<dyn Consumer>>> {
    Ok(match arguments.mqtt.settings()? {
        Some(settings) => vec![Box::new(mqtt::Publisher::start(settings, sender.clone())?)],
        None => Vec::new(),
    })
}

/// Nobody, without the features for it.
#[cfg(not(feature = "mqtt"))]
fn consumers(_: &Arguments, _: &SyncSender<Event>) -> Result<Vec<Box<dyn Consumer>>> {
    Ok(Vec::new())
}
