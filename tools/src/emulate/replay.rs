//! The recording through the workstation's own program, and what it says of it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::{Body, Lines, Record, parse};

use super::child;
use super::compare::{Difference, Timed, differences, tags};
use crate::monitor::plain;

/// Differences that are shown.
const SHOWN: usize = 3;

/// What `needledrop-device replay` says about a recording.
///
/// # Errors
/// The program does not run or fails, with its words, or writes what is no record.
pub(crate) fn replay(program: &Path, model: &Path, recording: &Path) -> Result<Vec<Record>> {
    let name = program.to_string_lossy();
    let output = child::command(&name)?
        .arg("replay")
        .arg(recording)
        .arg("--model")
        .arg(model)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start {name}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{name} replay ended with {}: {}",
            output.status,
            words.trim()
        );
    }
    let (mut lines, mut outcome) = (Lines::new(), Ok(Vec::new()));
    let mut take = |line: &[u8]| {
        if let Ok(records) = &mut outcome {
            match parse(line) {
                Ok(record) => records.push(record),
                Err(error) => outcome = Err(error),
            }
        }
    };
    lines.push(&output.stdout, &mut take);
    lines.finish(&mut take);
    outcome.with_context(|| format!("{name} replay wrote a record that can't be read"))
}

/// Compares, shows the first differences, and says how many; gives that number.
///
/// # Errors
/// Standard output.
pub(crate) fn report(
    recording: &Path,
    board: &[Record],
    replayed: &[Record],
    out: &mut dyn Write,
) -> Result<usize> {
    let (board, replayed) = (tags(board), tags(replayed));
    let found = differences(&board, &replayed);
    let mut text = String::new();
    for difference in found.iter().take(SHOWN) {
        text.push_str(&shown(difference));
    }
    text.push_str(&format!(
        "emulate: replay of {}: {} tags, {} differ\n",
        recording.display(),
        replayed.len(),
        found.len()
    ));
    out.write_all(text.as_bytes())
        .context("could not write to stdout")?;
    Ok(found.len())
}

fn shown(difference: &Difference) -> String {
    let words = |tag: &Option<Timed>| {
        tag.as_ref().map_or_else(
            || "nothing".to_owned(),
            |(time, tag)| {
                plain::line(&Record {
                    sequence: 0,
                    time: *time,
                    body: Body::Tag(tag.clone()),
                })
            },
        )
    };
    let (board, replay) = (words(&difference.board), words(&difference.replay));
    format!("! the board said  {board}\n! the replay says {replay}\n")
}
