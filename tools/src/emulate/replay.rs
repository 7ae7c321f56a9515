//! The recording through the workstation's own program: a WAV file in, its records and how they differ out.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::{Body, Lines, Record, parse};

use super::child;
use super::compare::{Difference, Timed, before_loss, differences, tags};
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

/// Compares, shows the first differences, and says how many; whether there were tags and all are the same.
///
/// # Errors
/// Standard output.
pub(crate) fn report(
    recording: &Path,
    board: &[Record],
    replayed: &[Record],
    out: &mut dyn Write,
) -> Result<bool> {
    let comparable = before_loss(board);
    let (board_tags, mut replayed) = (tags(comparable), tags(replayed));
    let mut text = String::new();
    if comparable.len() < board.len() {
        let end = board_tags.last().map_or(0, |(time, _)| time.samples);
        replayed.retain(|(time, _)| time.samples <= end);
        text.push_str(&format!(
            "emulate: the guest lost samples, which the recording lacks: of {} tags the {} before that are compared\n",
            tags(board).len(),
            board_tags.len()
        ));
    }
    let found = differences(&board_tags, &replayed);
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
    Ok(!replayed.is_empty() && found.is_empty())
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

#[cfg(test)]
mod tests {
    use super::report;
    use needledrop_protocol::{Record, parse};
    use std::path::Path;

    const TAG: &[u8] = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";

    fn said(board: &[Record], replayed: &[Record]) -> (bool, String) {
        let mut out = Vec::new();
        let good = report(Path::new("heard.wav"), board, replayed, &mut out).unwrap();
        (good, String::from_utf8(out).unwrap())
    }

    #[test]
    fn equal_tags_are_good_and_the_line_is_the_contract() {
        let tag = parse(TAG).unwrap();
        let (good, text) = said(std::slice::from_ref(&tag), std::slice::from_ref(&tag));
        assert!(good);
        assert_eq!(text, "emulate: replay of heard.wav: 1 tags, 0 differ\n");
    }

    #[test]
    fn a_difference_is_shown_and_no_tags_prove_nothing() {
        let tag = parse(TAG).unwrap();
        let mut later = tag.clone();
        later.time.samples += 1;
        let (good, text) = said(&[tag], &[later]);
        assert!(!good);
        assert!(
            text.contains("! the board said  00:03.0 #0 music jazz 87 %"),
            "{text}"
        );
        assert!(text.ends_with("1 tags, 2 differ\n"), "{text}");
        assert!(!said(&[], &[]).0);
    }
}
