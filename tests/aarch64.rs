//! The board's own architecture: the cross-built device program under qemu against the one of this machine.
//!
//! `tools/flash --build-only` builds it; `tools/check` does so before the tests. What is compared is what
//! `replay --trace` writes: the frontend's windows, which must be the same bits, and the net's logits, whose
//! distance is printed; and the records, of which those that differ are counted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::model;
use crate::support::programs::{finish, folder, program, text};
use serde_json::Value;

/// The decision rounds logits to this; nets that agree to half of it nearly always give equal records.
const LOGIT_STEP: f64 = 1.0 / 64.0;

/// One net's view of one window.
struct Traced {
    x: Vec<i64>,
    logits: Vec<f64>,
}

/// What one program made of the clips.
struct Replayed {
    records: Vec<Value>,
    windows: Vec<Traced>,
}

#[test]
fn both_architectures_hear_the_same() {
    let Some((runner, device)) = cross_built() else {
        return;
    };
    let chain = model::chain();
    let clips = clips_of_each_genre(&chain.music());
    let here = replay(
        Command::new(program("needledrop-device")),
        &chain.model(),
        &clips,
    );
    let mut there = Command::new(runner);
    there.arg(device);
    let there = replay(there, &chain.model(), &clips);

    assert!(!here.windows.is_empty());
    assert_eq!(
        here.windows.len(),
        there.windows.len(),
        "the same number of windows"
    );
    for (index, (ours, theirs)) in here.windows.iter().zip(&there.windows).enumerate() {
        assert!(
            ours.x == theirs.x,
            "window {index}: the frontend's bits differ between x86-64 and aarch64"
        );
    }
    let distance = here
        .windows
        .iter()
        .zip(&there.windows)
        .flat_map(|(ours, theirs)| ours.logits.iter().zip(&theirs.logits))
        .map(|(ours, theirs)| (ours - theirs).abs())
        .fold(0.0, f64::max);
    assert_eq!(
        here.records.len(),
        there.records.len(),
        "the same number of records"
    );
    let differing = here
        .records
        .iter()
        .zip(&there.records)
        .filter(|(ours, theirs)| ours != theirs)
        .count();
    println!(
        "aarch64: {} clips, {} windows with the same frontend bits, logits at most {distance:.3e} apart, \
         {differing} of {} records differ (goal 0)",
        clips.len(),
        here.windows.len(),
        here.records.len()
    );
    assert!(distance < LOGIT_STEP / 2.0, "logits are {distance} apart");
    // A logit on the edge between two steps may fall on either side; more than that is a fault.
    assert!(
        differing * 50 <= here.records.len(),
        "{differing} of {} records differ",
        here.records.len()
    );
}

/// The script that runs aarch64 programs and the cross-built device program, or why there are none.
fn cross_built() -> Option<(PathBuf, PathBuf)> {
    let profile = folder();
    let target = profile
        .parent()
        .expect("the profile's folder lies in the target folder");
    let mut beside = target.as_os_str().to_owned();
    beside.push("-aarch64");
    let beside = PathBuf::from(beside);
    let runner = beside.join("qemu-run");
    let device = beside.join("aarch64-unknown-linux-gnu/board/needledrop-device");
    if !runner.is_file() || !device.is_file() {
        eprintln!(
            "SKIPPED: {} is not there; tools/flash --build-only builds it",
            device.display()
        );
        return None;
    }
    Some((runner, device))
}

/// The first clip of every genre.
fn clips_of_each_genre(music: &Path) -> Vec<PathBuf> {
    let sorted = |folder: &Path| {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
    };
    let is_wav = |path: &PathBuf| path.extension().is_some_and(|it| it == "wav");
    sorted(music)
        .iter()
        .filter(|path| path.is_dir())
        .filter_map(|genre| sorted(genre).into_iter().find(is_wav))
        .collect()
}

fn replay(mut command: Command, model: &Path, clips: &[PathBuf]) -> Replayed {
    let scratch = tempfile::tempdir().expect("a folder");
    let trace = scratch.path().join("trace.jsonl");
    command
        .args([
            "replay",
            "--format",
            "jsonl",
            "--model",
            text(model),
            "--trace",
            text(&trace),
        ])
        .args(clips);
    let records = finish(&mut command).succeeded();
    let trace = std::fs::read_to_string(&trace).expect("the trace was written");
    Replayed {
        records: records.lines().map(without_firmware).collect(),
        windows: trace
            .lines()
            .map(|line| traced(&serde_json::from_str(line).expect("JSON")))
            .collect(),
    }
}

/// The begin record names the build's commit, which is not what is compared: the board's program may be older.
fn without_firmware(line: &str) -> Value {
    let mut record: Value = serde_json::from_str(line).expect("JSON");
    if let Some(fields) = record.as_object_mut() {
        fields.remove("firmware");
    }
    record
}

fn traced(line: &Value) -> Traced {
    let numbers = |key: &str| {
        line[key]
            .as_array()
            .unwrap_or_else(|| panic!("{key} is an array"))
            .clone()
    };
    Traced {
        x: numbers("x")
            .iter()
            .map(|it| it.as_i64().expect("an integer"))
            .collect(),
        logits: numbers("logits")
            .iter()
            .map(|it| it.as_f64().expect("a number"))
            .collect(),
    }
}
