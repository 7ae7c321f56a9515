//! Installing on a board over the network: an [`Order`] in, the board's records shown at the end.
//!
//! ```text
//! connect (one ssh) -> look (probe.sh) -> ask the person -> copy, verify SHA-256 -> try the new program (trial.sh)
//!   -> install (start.sh -> install.sh, apart from the connection) -> first record -> watch
//! ```
//!
//! The board is left as it was until `install.sh` runs, and that ends in the old state or the new one, whatever becomes
//! of the connection. What runs there are the scripts in `board/`; they need nothing but what every Debian has.

mod access;
mod answer;
mod destination;
mod facts;
mod folder;
mod install;
mod interrupt;
mod obstacles;
mod payload;
mod refusal;
mod ssh;
mod trial;
mod watch;

use crate::{
    flash::{model::BoardModel, package::Package, program::Program, talk::say},
    stop,
};
use anyhow::{Context as _, Result, bail};
use std::io::{self, IsTerminal as _, Write as _};

pub use destination::Destination;
pub use ssh::require_ssh;
pub use watch::Watch;

use access::Access;
use facts::Facts;
use folder::Folder;
use install::Outcome;
use interrupt::Interrupt;
use payload::Payload;
use ssh::Connection;
use trial::Trial;

/// What a person wants on a board.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// The board.
    pub destination: &'a Destination,
    /// Makes the program's package, once the board is known to take it.
    pub package: &'a dyn Fn() -> Result<Package>,
    /// Its version.
    pub version: &'a str,
    /// The program in it: nearly all that the package takes when installed.
    pub program: &'a Program,
    /// The model; none keeps the one that is there.
    pub model: Option<&'a BoardModel>,
    /// The model for a board that has none, when none is named.
    pub default_model: Option<&'a BoardModel>,
    /// Options for ssh, as its `-o` takes them.
    pub ssh_options: &'a [String],
    /// The question is answered already.
    pub yes: bool,
    /// What to show afterwards.
    pub watch: Watch,
}

/// Installs, and shows the board's records; false when the board's own check said no and the old version is in place.
///
/// # Errors
/// One sentence with the next step; unless it says otherwise, nothing was changed on the board.
pub fn install(order: &Order<'_>) -> Result<bool> {
    let place = order.destination;
    let mut payload = Payload::default();
    let interrupt = Interrupt::new()?;
    say(format_args!("connecting to {place}"));
    let mut connection = match Connection::open(place, order.ssh_options) {
        Err(_) if interrupt.asked() => bail!("interrupted before {place} was reached"),
        opened => opened?,
    };
    interrupt.ends(connection.process());
    match bring(order, &mut payload, &mut connection, &interrupt) {
        Err(_) if interrupt.asked() => bail!("interrupted; {}", payload.left(place)),
        Err(failed) if connection.is_lost() => bail!("{failed:#}; {}", payload.left(place)),
        Err(failed) => Err(failed),
        Ok(None) => Ok(false),
        // Without systemd nothing runs there that could be watched.
        Ok(Some((_, false))) => Ok(true),
        Ok(Some((access, true))) => watch::watch(connection, &access, &interrupt, order.watch),
    }
}

/// Everything up to the first record, and whether there was one; nothing when the board said no.
fn bring(
    order: &Order<'_>,
    payload: &mut Payload,
    connection: &mut Connection,
    interrupt: &Interrupt,
) -> Result<Option<(Access, bool)>> {
    let place = order.destination;
    let answer = connection.script(include_str!("board/probe.sh"), &[])?;
    let facts = Facts::read(place, &answer)?;
    say(format_args!("{place}: {}", facts.line()));
    let mut order = *order;
    if order.model.is_none()
        && !facts.has_model()
        && let Some(model) = order.default_model
    {
        say(format_args!(
            "no --model, and {place} has none: it gets {}",
            model.path.display()
        ));
        order.model = Some(model);
    }
    let model_bytes = order.model.map_or(0, |model| model.onnx.len() as u64);
    // The package is smaller than the program in it.
    let program_bytes = order.program.bytes.len() as u64;
    obstacles::check(
        &facts,
        place,
        order.program.architecture,
        program_bytes + model_bytes,
        program_bytes,
    )?;
    if order.model.is_none() && !facts.has_model() {
        bail!("{place} has no model yet: add --model models/NAME");
    }
    confirm(&order, &facts, interrupt)?;
    let access = Access::gain(connection, &facts)?;
    payload.fill((order.package)()?, order.model);
    let folder = Folder::open(connection)?;
    payload.send(connection, &folder)?;
    let model = match (order.model, facts.model()) {
        (Some(_), _) => format!("{}/model.onnx", folder.path()),
        (None, Some(path)) => path.to_owned(),
        (None, None) => install::MODEL.to_owned(),
    };
    if !tried(payload, connection, &access, &folder, &model)? {
        return Ok(None);
    }
    let outcome = install::install(connection, &access, payload, &folder)?;
    folder.close();
    if let (Some(_), Some(path)) = (order.model, facts.model())
        && path != install::MODEL
    {
        say(format_args!(
            "note: /etc/needledrop/board.toml there names the model {path}, which the service runs; the one sent is {}",
            install::MODEL
        ));
    }
    Ok(match outcome {
        Outcome::Installed { runs } => Some((access, runs)),
        Outcome::Back(sentence) => {
            say(&sentence);
            None
        }
    })
}

/// The new program's own self-test there, with the libraries it needs; false when it failed.
fn tried(
    payload: &Payload,
    connection: &mut Connection,
    access: &Access,
    folder: &Folder,
    model: &str,
) -> Result<bool> {
    let mut trial = trial::run(connection, folder, model)?;
    if let Trial::Missing(names) = &trial {
        say(format_args!("the board lacks {}", names.join(", ")));
        install::libraries(connection, access, payload, folder, names)?;
        trial = trial::run(connection, folder, model)?;
    }
    match trial {
        Trial::Passed => Ok(true),
        Trial::Failed(reason) => {
            say(format_args!(
                "the new program failed its self-test on {}, and nothing was changed there: {reason}",
                connection.destination()
            ));
            Ok(false)
        }
        Trial::Missing(names) => bail!(
            "{} still lacks {}: install them there by hand (sudo apt-get install {})",
            connection.destination(),
            names.join(", "),
            names.join(" ")
        ),
    }
}

/// Asks before anything is changed.
fn confirm(order: &Order<'_>, facts: &Facts, interrupt: &Interrupt) -> Result<()> {
    if order.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        bail!("nobody is here to ask: run this again with --yes");
    }
    let mut question = format!("install needledrop {}", order.version);
    if let Some(model) = order.model {
        question.push_str(&format!(" and the model {}", model.name));
    }
    question.push_str(&format!(" on {}", order.destination));
    if let Some(version) = facts.installed() {
        question.push_str(&format!(", in place of {version}"));
    }
    eprint!("{question}? [Y/n] ");
    io::stderr().flush().context("could not ask")?;
    match stop::read_line(interrupt.flag())?.trim() {
        "" | "y" | "Y" | "yes" => Ok(()),
        _ => bail!("not installed, as you say; nothing was changed on the board"),
    }
}
