//! `run --record`: what was heard is kept, and tells the same story again.
use crate::{
    program::bench::{Bench, Ending, records, tags},
    support::{RATE_HZ, tone},
};
use needledrop_protocol::State;
use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const RUN: [&str; 3] = ["run", "--model", "model.onnx"];

/// A clip in stereo that changes: low, high, silence, both.
fn medley() -> Vec<i16> {
    let low = tone(200.0, 8_000.0, 2.0);
    let high = tone(5_000.0, 6_000.0, 2.0);
    let silence = vec![0; low.len()];
    let mixed = low
        .iter()
        .zip(&high)
        .map(|(&a, &b)| a / 2 + b / 2)
        .collect();
    let left = [low, high, silence, mixed].concat();
    left.iter()
        .flat_map(|&sample| [sample, sample / 3 + 1])
        .collect()
}

#[test]
fn replay_of_a_recording_gives_the_tags_of_the_run() {
    let bench = Bench::new();
    bench.wav("medley.wav", 2, &medley());
    let input = ["--input", "medley.wav", "--record", "heard.wav"];
    let live = bench.run(&[&RUN[..], &input].concat());
    assert!(
        live.status.success(),
        "{}",
        String::from_utf8_lossy(&live.stderr)
    );
    let heard = hound::WavReader::open(bench.path("heard.wav")).unwrap();
    assert_eq!(
        (heard.spec().channels, heard.spec().sample_rate),
        (1, RATE_HZ)
    );
    assert_eq!(
        heard.duration() as usize,
        medley().len() / 2,
        "every sample"
    );
    let replayed = bench.run(&["replay", "heard.wav", "--model", "model.onnx"]);
    let (live, replayed) = (
        tags(&records(&live.stdout)),
        tags(&records(&replayed.stdout)),
    );
    let states = |state| live.iter().filter(|(_, tag)| tag.state == state).count();
    assert!(
        states(State::Music) > 5,
        "there was something to tell: {live:?}"
    );
    assert_eq!(live, replayed);
}

#[test]
fn a_killed_program_leaves_a_whole_file() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 60.0));
    let input = ["--input", "long.wav", "--record", "heard.wav"];
    let child = bench
        .command(&[&RUN[..], &input].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Ending(child);
    let kept = || hound::WavReader::open(bench.path("heard.wav")).map(|file| file.duration());
    let start = Instant::now();
    while kept().is_ok_and(|samples| samples < 2 * RATE_HZ) || kept().is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{:?}",
            kept().ok()
        );
        thread::sleep(Duration::from_millis(50));
    }
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let replayed = bench.run(&["replay", "heard.wav", "--model", "model.onnx"]);
    let said = String::from_utf8_lossy(&replayed.stderr);
    assert!(replayed.status.success() && said.is_empty(), "{said}");
    assert!(tags(&records(&replayed.stdout)).len() > 3);
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_hearing() {
    let bench = Bench::new();
    // The system refuses to let the file grow beyond 100 KiB, some 1.2 s.
    let limited = r#"trap '' XFSZ; ulimit -f 100; exec "$0" "$@""#;
    let output = Command::new("bash")
        .args(["-c", limited, env!("CARGO_BIN_EXE_needledrop-device")])
        .args(RUN)
        .args(["--input", "low.wav", "--record", "heard.wav"])
        .current_dir(bench.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(
        said.matches("recording heard.wav: File too large").count(),
        1,
        "{said}"
    );
    assert_eq!(said.matches("not kept").count(), 1, "{said}");
    let replayed = bench.run(&["replay", "low.wav", "--model", "model.onnx"]);
    assert_eq!(
        tags(&records(&output.stdout)),
        tags(&records(&replayed.stdout))
    );
}

#[test]
fn a_recording_that_cannot_be_made_is_refused() {
    let bench = Bench::new();
    for file in ["/no/such/folder/heard.wav", "/dev/full", "."] {
        let said = bench.fails(
            2,
            &[&RUN[..], &["--input", "low.wav", "--record", file]].concat(),
        );
        assert!(
            said.contains(&format!("recording {file} can't be written")),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
