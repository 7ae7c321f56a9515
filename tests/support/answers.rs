//! What the workstation and the board answer on the clips of a chain.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::model;
use crate::support::programs::{self, finish, json, text};
use serde_json::Value;

/// The best answer must be this far ahead before two ways of averaging over a clip have to agree.
const CLEAR_MARGIN: f64 = 0.3;

/// Clips of the corpus that the training never saw, with their genres.
pub(crate) fn test_clips(chain: &model::Chain) -> Vec<(PathBuf, String)> {
    let table = std::fs::read_to_string(chain.data().join("clips.csv")).expect("clips.csv");
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|it| *it == name).expect("a column");
    let (clip, genre, split) = (column("clip"), column("genre"), column("split"));
    lines
        .map(|line| line.split(',').collect::<Vec<&str>>())
        .filter(|row| row[split] == "test")
        .map(|row| (chain.music().join(row[clip]), row[genre].to_owned()))
        .collect()
}

/// What `replay` says of each clip as a whole: its record flagged as the last one.
pub(crate) fn replayed(model: &Path, clips: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new(programs::program("needledrop-device"));
    command
        .args(["replay", "--format", "jsonl", "--model", text(model)])
        .args(clips);
    let records = finish(&mut command).succeeded();
    records
        .lines()
        .map(json)
        .filter(|record| record["type"] == "tag" && record["last"] == true)
        .collect()
}

/// The first candidate.
pub(crate) fn first_candidate(tag: &Value) -> Option<&str> {
    tag["genre"].as_str()
}

fn predicted(model: &Path, clips: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new(programs::program("needledrop"));
    command
        .args(["predict", "--json", "--model", text(model)])
        .args(clips);
    let answer = json(&finish(&mut command).succeeded());
    assert_eq!(
        answer["failed"].as_array().map(Vec::len),
        Some(0),
        "{answer}"
    );
    answer["files"].as_array().expect("files").clone()
}

/// Clips with a clear winner, on each of which `predict` and `replay` name the same.
pub(crate) fn agreeing(model: &Path, clips: &[PathBuf]) -> usize {
    let tags = replayed(model, clips);
    let predictions = predicted(model, clips);
    assert_eq!(tags.len(), clips.len(), "one last record a clip");
    assert_eq!(predictions.len(), clips.len());
    let mut clear = 0;
    for ((tag, prediction), clip) in tags.iter().zip(&predictions).zip(clips) {
        let probability = |rank: usize| {
            prediction["top"][rank]["probability"]
                .as_f64()
                .expect("a number")
        };
        if probability(0) - probability(1) >= CLEAR_MARGIN {
            clear += 1;
            let said = first_candidate(tag);
            assert_eq!(
                said,
                prediction["top"][0]["label"].as_str(),
                "{}: {tag} {prediction}",
                clip.display()
            );
        }
    }
    clear
}
