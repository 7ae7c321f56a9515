//! Files in, records out; what is refused, and how.
use crate::{
    program::bench::{Bench, last_tags, records},
    support::tone,
};
use needledrop_protocol::State;
use std::{fs, io::Read as _, path::Path, process::Stdio};

#[test]
fn replay_tags_files_apart_and_the_same_each_time() {
    let bench = Bench::new();
    let arguments = [
        "replay",
        "low.wav",
        "high.wav",
        "low.wav",
        "--model",
        "model.onnx",
    ];
    let first = bench.run(&arguments);
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    assert_eq!(bench.run(&arguments).stdout, first.stdout);
    let found = records(&first.stdout);
    let expected =
        ["low, tenor", "high", "low, tenor"].map(|genre| (State::Music, genre.to_owned()));
    assert_eq!(last_tags(&found), expected);

    let jsonl = bench.run(&[&arguments[..], &["--format", "jsonl"]].concat());
    assert_eq!(records(&jsonl.stdout), found, "both formats say the same");
}

#[test]
fn bad_files_are_reported_and_the_others_go_on() {
    let bench = Bench::new();
    fs::write(bench.path("text.mp3"), "this is no music\n".repeat(100)).unwrap();
    fs::write(bench.path("empty.wav"), "").unwrap();
    bench.wav("short.wav", 2, &tone(200.0, 8_000.0, 0.4));
    let output = bench.run(&[
        "replay",
        "text.mp3",
        "empty.wav",
        "gone.wav",
        "short.wav",
        "--model",
        "model.onnx",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in [
        "text.mp3",
        "empty.wav",
        "gone.wav",
        "3 of 4 files could not be replayed",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(said.lines().count(), 4, "one sentence each: {said}");
    assert_eq!(
        last_tags(&records(&output.stdout)),
        [(State::Music, "low, tenor".to_owned())]
    );
}

#[test]
fn a_model_that_does_not_fit_is_refused_by_name() {
    let bench = Bench::new();
    let sealed = fs::read(bench.path("model.onnx")).unwrap();
    let mut flipped = sealed.clone();
    flipped[sealed.len() / 3] ^= 1;
    fs::write(bench.path("flipped.onnx"), flipped).unwrap();
    fs::write(bench.path("text.onnx"), "no model").unwrap();
    for (model, part) in [
        ("gone.onnx", "model gone.onnx is not there"),
        (
            "plain.onnx",
            "without needledrop metadata; pack its run folder with tools/export",
        ),
        ("flipped.onnx", "flipped.onnx"),
        ("text.onnx", "text.onnx is not an ONNX model"),
    ] {
        for arguments in [
            &["replay", "low.wav"][..],
            &["run", "--input", "low.wav"],
            &["bench"],
        ] {
            let said = bench.fails(2, &[arguments, &["--model", model]].concat());
            assert!(said.contains(part), "{said}");
            assert_eq!(said.lines().count(), 1, "one sentence: {said}");
        }
    }
    assert!(
        bench
            .fails(2, &["run"])
            .contains("no model: give --model FILE")
    );
    let said = bench.fails(
        2,
        &["replay", "low.wav", "--model", "model.onnx", "--hop", "9"],
    );
    assert!(said.contains("hop of 9 s"), "{said}");
}

#[test]
fn a_mistyped_input_is_an_error_and_not_a_device_to_wait_for() {
    let bench = Bench::new();
    for input in ["gone.wav", "clips/gone", "."] {
        let output = bench.run(&["run", "--model", "model.onnx", "--input", input]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.lines().last().is_some_and(|line| line.contains(input)),
            "{said}"
        );
        assert!(output.stdout.is_empty(), "nothing was heard");
    }
}

#[test]
fn a_reader_that_leaves_ends_the_program_without_a_word() {
    let bench = Bench::new();
    let files: Vec<&str> = std::iter::repeat_n("low.wav", 60).collect();
    let arguments = [&["replay", "--model", "model.onnx"], files.as_slice()].concat();
    let mut child = bench
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(Path::new(env!("CARGO_BIN_EXE_needledrop-device")).exists());
}
