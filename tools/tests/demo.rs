//! The program `demo`, as tools/demo starts it. Shell scripts stand in for the programs of the chain and the device's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use needledrop_protocol::{Body, Format, Record, Text, encode, parse};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Lines that a person sees at most.
const MOST_LINES: usize = 40;
/// Those of tools/demo itself: set-up and build.
const LAUNCHER_LINES: usize = 2;

const GENRES: [&str; 9] = [
    "ambient", "blues", "chiptune", "jungle", "march", "reggae", "techno", "waltz", "no-music",
];

const BEGIN: &str = "$NDBEG,0,0,44100,1,a,b,3f9a10c2,71c05b1e9d00a4f3,c*6D94\r\n";
const JAZZ: &[u8] = b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C";

/// What the device says of a clip of this genre: jazz, then the truth; `no-music` it takes for jazz to the end.
fn sentences(genre: &str) -> String {
    let tag = |sequence: u32, said: &str, last: bool| {
        let mut record: Record = parse(JAZZ).unwrap();
        record.sequence = sequence;
        record.time.samples = u64::from(sequence) * 132_300;
        if let Body::Tag(tag) = &mut record.body {
            tag.candidates[0].label = Text::shortened(said);
            tag.last = last;
        }
        encode(&record, Format::Nmea)
    };
    let genre = if genre == "no-music" { "jazz" } else { genre };
    let tags = [
        tag(1, "jazz", false),
        tag(2, genre, false),
        tag(3, genre, true),
    ];
    format!("{BEGIN}{}{}{}", tags[0], tags[1], tags[2])
}

/// A folder with the programs, in which the demo then works.
fn programs(train: &str, device: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let script = |name: &str, text: &str| {
        fs::write(at(name), format!("#!/bin/sh\nset -e\n{text}\n")).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let mut clips = "clip,genre,split\n".to_owned();
    for genre in GENRES {
        fs::write(at(genre), sentences(genre)).unwrap();
        for number in 0..5 {
            clips += &format!("{genre}/artist{number:02}_t0.wav,{genre},test\n");
        }
    }
    fs::write(at("clips.csv"), clips).unwrap();
    let files = [
        ("dataset.json", r#"{"labels": ["a"], "counts": {}}"#),
        (
            "run.json",
            r#"{"epochs": 40, "best_epoch": 31, "valid": {"clips": {"accuracy": 0.84}}}"#,
        ),
        (
            "export.json",
            r#"{"parity": {"tract": 4e-6, "onnx_runtime": 4e-6, "tolerance": 6e-4}}"#,
        ),
    ];
    for (name, text) in files {
        fs::write(at(name), text).unwrap();
    }
    let here = folder.path().display();
    // `prepare --data D --out D --preset P`, `train --data D --model M --run D ..`, `export D --name N --models D`.
    let needledrop = format!(
        "seq 100\ncase $1 in\n\
         prepare) mkdir \"$5\"; cp '{here}/dataset.json' '{here}/clips.csv' \"$5\" ;;\n\
         train) {train}; mkdir \"$7\"; cp '{here}/run.json' \"$7/metrics.json\" ;;\nesac"
    );
    script("needledrop", &needledrop);
    let export =
        format!("seq 100; mkdir -p \"$5/demo\"; cp '{here}/export.json' \"$5/demo/metrics.json\"");
    script("export", &export);
    // `run --model M --input FILE --serial PORT`.
    let device =
        format!("genre=$(basename \"$(dirname \"$5\")\"); cat \"{here}/$genre\" >\"$7\"; {device}");
    script("needledrop-device", &device);
    fs::create_dir(at("work")).unwrap();
    folder
}

fn demo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command
        .arg(folder.join("work"))
        .arg("--programs")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

#[test]
fn one_screen_shows_all_and_a_file_keeps_every_record() {
    let folder = programs("true", "true");
    let output = demo(folder.path()).output().unwrap();
    let [rows, talk] = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{rows}{talk}");
    let lines = rows.lines().count() + talk.lines().count();
    assert!(lines + LAUNCHER_LINES <= MOST_LINES, "{rows}{talk}");

    let row = |name: &str| rows.lines().find(|line| line.ends_with(name)).unwrap();
    assert_eq!(
        row("waltz/artist02_t0"),
        "waltz       right  waltz 87 %                  6.0 s  waltz/artist02_t0"
    );
    assert_eq!(
        row("no-music/artist00_t0"),
        "no-music    wrong  jazz 87 %                   never  no-music/artist00_t0"
    );
    let score = "demo: 24 of 27 clips tagged right, 108 records, 0 lost";
    assert_eq!(rows.lines().last(), Some(score));
    assert!(
        talk.contains("train: epoch 31 of 40 was the best, validation accuracy 0.840 by clip"),
        "{talk}"
    );

    let path = folder.path().join("work/records.txt");
    assert!(talk.contains(&path.display().to_string()), "{talk}");
    let records = fs::read_to_string(path).unwrap();
    assert_eq!(records.lines().count(), 108);
    for line in records.lines() {
        let (name, sentence) = line.split_once(' ').unwrap();
        assert!(name.contains("/artist0"), "{line}");
        parse(sentence.as_bytes()).unwrap();
    }
}

#[test]
fn the_code_of_a_program_that_failed_is_kept_and_its_log_is_named() {
    let folder = programs("echo 'no memory' >&2; exit 7", "true");
    let output = demo(folder.path()).output().unwrap();
    let [rows, talk] = texts(&output);
    assert_eq!(output.status.code(), Some(7), "{talk}");
    assert!(talk.contains("\n  no memory\nthe whole log: "), "{talk}");
    assert!(talk.ends_with("work/logs/train.log\n"), "{talk}");
    assert!(talk.lines().count() + LAUNCHER_LINES <= MOST_LINES);
    assert_eq!(rows, "");
}

#[test]
fn asked_to_stop_it_ends_soon_with_all_that_it_started() {
    let folder = programs("true", "echo $$ >>\"$0.pids\"; exec sleep 50");
    let pids = folder.path().join("needledrop-device.pids");
    let began = Instant::now();
    let program = demo(folder.path()).spawn().unwrap();
    let started = || fs::read_to_string(&pids).map_or(0, |text| text.lines().count());
    while started() < 9 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "nine clips do not play"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    kill_process(Pid::from_child(&program), Signal::TERM).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(40), "it waited");
    let [_, talk] = texts(&output);
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.ends_with("\ndemo: stopped\n"), "{talk}");
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
        assert!(
            rustix::process::test_kill_process(pid).is_err(),
            "{pid:?} still runs"
        );
    }
}
