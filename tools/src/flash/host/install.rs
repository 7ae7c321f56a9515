//! The board's own part of an installation, started and followed: what was sent in, how it ended out.
use super::{
    access::Access,
    answer::{self, Answer},
    folder::Folder,
    payload::Payload,
    ssh::Connection,
};
use crate::flash::talk::say;
use crate::monitor::plain;
use anyhow::{Context as _, Result, bail};

/// Where a model that was sent lies on the board.
pub(super) const MODEL: &str = "/var/lib/needledrop/model.onnx";

/// How it ended, if it could be done at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The new version is there.
    Installed {
        /// Its service runs and gave a record.
        runs: bool,
    },
    /// The board went back; the sentence says why.
    Back(String),
}

/// Installs package and model.
///
/// # Errors
/// The connection was lost, the board refused to start, or it could not even go back.
pub(super) fn install(
    connection: &mut Connection,
    access: &Access,
    payload: &Payload,
    folder: &Folder,
) -> Result<Outcome> {
    let answer = start(connection, access, payload, folder, &["install"])?;
    let place = connection.destination();
    if let Some(reason) = answer.all("idle").next() {
        say(format_args!("the service was not started: {reason}"));
    }
    let first = answer.all("record").next();
    if let Some(record) = first {
        let record = needledrop_protocol::parse(record.as_bytes())
            .with_context(|| format!("the first record from {place} is damaged: {record}"))?;
        say(format_args!(
            "the service runs; first record: {}",
            plain::line(&record)
        ));
    }
    if let Some(version) = answer.all("installed").next() {
        say(format_args!("needledrop {version} is installed on {place}"));
        return Ok(Outcome::Installed {
            runs: first.is_some(),
        });
    }
    if let Some(reason) = answer.all("restored").next() {
        return Ok(Outcome::Back(format!(
            "the new version was taken back, and the old one is in place on {place}: {reason}"
        )));
    }
    if let Some(reason) = answer.all("removed").next() {
        return Ok(Outcome::Back(format!(
            "the new version was removed from {place} again: {reason}"
        )));
    }
    bail!("{}", complaint(&answer, connection))
}

/// Installs the packages that the program needs.
///
/// # Errors
/// apt there could not get them, or the connection was lost.
pub(super) fn libraries(
    connection: &mut Connection,
    access: &Access,
    payload: &Payload,
    folder: &Folder,
    names: &[String],
) -> Result<()> {
    let names = names.iter().map(String::as_str);
    let arguments: Vec<&str> = ["libraries"].into_iter().chain(names).collect();
    let answer = start(connection, access, payload, folder, &arguments)?;
    match answer.all("installed").next() {
        Some(_) => Ok(()),
        None => bail!("{}", complaint(&answer, connection)),
    }
}

fn start(
    connection: &mut Connection,
    access: &Access,
    payload: &Payload,
    folder: &Folder,
    what: &[&str],
) -> Result<Answer> {
    let digest = payload.digest();
    let arguments: Vec<&str> = [folder.path(), digest.as_str()]
        .into_iter()
        .chain(what.iter().copied())
        .collect();
    payload.mark_started();
    access.script(
        connection,
        include_str!("board/start.sh"),
        &arguments,
        &mut |line| {
            if let Some(("step", step)) = answer::fact(line) {
                say(step);
            }
        },
    )
}

/// What went wrong when neither the new nor the old state was reported.
fn complaint(answer: &Answer, connection: &Connection) -> String {
    let place = connection.destination();
    let told = |key| answer.all(key).next().map(str::to_owned);
    if let Some(reason) = told("refused") {
        format!("{place} did not start the installation: {reason}")
    } else if let Some(reason) = told("unchanged") {
        format!("{place} could not install, and nothing of ours was changed there: {reason}")
    } else if let Some(reason) = told("failed") {
        format!(
            "{place} is in an unclear state: {reason}; look at /run/needledrop-install/log there, and run sudo dpkg \
             --configure -a"
        )
    } else {
        format!("{place} did not install: {}", answer.last_words())
    }
}
