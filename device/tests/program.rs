//! The program as a person runs it: files, pipes, a serial line, signals, and what it says when something is wrong.
#[path = "../../bundle/tests/graphs/mod.rs"]
mod graphs;
mod support;

use needledrop_bundle::seal;
use needledrop_protocol::{Body, Lines, Record, State, Verifier};
use serialport::{SerialPort as _, TTYPort};
use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use support::{BANDS, RATE_HZ, WINDOW, metadata, tone};
use tempfile::TempDir;

/// A folder with the tiny model and two clips.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        };
        // logits = 0.1 * (mean of lower bands - mean of upper bands), the opposite, 0.
        let share = 0.1 / (WINDOW.frames * BANDS / 2) as f32;
        let weights: Vec<f32> = (0..WINDOW.frames * BANDS)
            .flat_map(|at| match at % BANDS < BANDS / 2 {
                true => [share, -share, 0.0],
                false => [-share, share, 0.0],
            })
            .collect();
        let onnx = graphs::linear(WINDOW.frames, BANDS, &weights, &[0.0; 3]);
        let sealed = seal(&onnx, &metadata()).expect("the tiny model is valid");
        fs::write(bench.path("model.onnx"), sealed).expect("a writable folder");
        fs::write(bench.path("plain.onnx"), onnx).expect("a writable folder");
        bench.wav("low.wav", 1, &tone(200.0, 8_000.0, 3.0));
        bench.wav("high.wav", 1, &tone(5_000.0, 8_000.0, 3.0));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn wav(&self, name: &str, channels: u16, samples: &[i16]) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: RATE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer =
            hound::WavWriter::create(self.path(name), spec).expect("a writable folder");
        samples
            .iter()
            .for_each(|&sample| writer.write_sample(sample).expect("room on the disk"));
        writer.finalize().expect("room on the disk");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_needledrop-device"));
        command.args(arguments).current_dir(self.dir.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// Starts `run` on an input and a port.
    fn listening(&self, input: &str, port: &str, more: &[&str], stderr: Stdio) -> Ending {
        let run = ["run", "--model", "model.onnx", "--input", input];
        let mut command = self.command(&[&run[..], &["--serial", port], more].concat());
        Ending(command.stderr(stderr).spawn().expect("the program starts"))
    }

    /// Runs it, expects `code`, and gives what it said.
    fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

fn records(bytes: &[u8]) -> Vec<Record> {
    let (mut lines, mut verifier, mut records) = (Lines::new(), Verifier::new(), Vec::new());
    let mut take = |line: &[u8]| {
        let checked = verifier.line(line);
        assert_eq!(checked.finding, None);
        records.push(checked.record.expect("every line is a record"));
    };
    lines.push(bytes, &mut take);
    lines.finish(&mut take);
    records
}

/// State, genre and flags of every last record.
fn last_tags(records: &[Record]) -> Vec<(State, String)> {
    let tag = |record: &Record| match &record.body {
        Body::Tag(tag) if tag.last => {
            let genre = tag.candidates.first().map(|first| first.label.to_string());
            Some((tag.state, genre.unwrap_or_default()))
        }
        _ => None,
    };
    records.iter().filter_map(tag).collect()
}

/// Ends a child when the test fails in between.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn terminate(child: &Child) {
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill is there").success());
}

/// Reads a port until `enough` says so.
fn read_until(port: &mut TTYPort, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    let mut chunk = [0; 512];
    while !enough(&bytes) {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "too little came: {}",
            String::from_utf8_lossy(&bytes)
        );
        match port.read(&mut chunk) {
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {}
            Err(error) => assert_eq!(error.to_string(), "", "the port fails"),
        }
    }
    bytes
}

fn pty() -> (TTYPort, String, TTYPort) {
    let (mut ours, theirs) = TTYPort::pair().expect("a pseudo terminal");
    ours.set_timeout(Duration::from_millis(100))
        .expect("a timeout");
    let name = theirs.name().expect("a name");
    (ours, name, theirs)
}

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
fn a_serial_port_that_is_not_there_is_one_sentence() {
    let bench = Bench::new();
    let said = bench.fails(
        2,
        &[
            "run",
            "--model",
            "model.onnx",
            "--input",
            "low.wav",
            "--serial",
            "/dev/no-such-port:9600",
        ],
    );
    assert!(
        said.contains("serial port /dev/no-such-port:9600 can't be opened"),
        "{said}"
    );
    assert!(said.contains("needledrop-device diagnose"), "{said}");
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
fn a_file_plays_at_the_speed_of_life_to_a_serial_line() {
    let bench = Bench::new();
    let (mut ours, name, _theirs) = pty();
    let start = Instant::now();
    let mut child = bench.listening("low.wav", &name, &[], Stdio::null());
    let bytes = read_until(&mut ours, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.contains(",0,1*") && text.matches("$NDSTA").count() >= 2 && text.ends_with("\r\n")
    });
    assert!(
        start.elapsed() >= Duration::from_millis(2_900),
        "3 s of sound take 3 s"
    );
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    let found = records(&bytes);
    assert!(matches!(found[0].body, Body::Begin(_)));
    assert_eq!(last_tags(&found), [(State::Music, "low, tenor".to_owned())]);

    // The sound alone decides: the tags are those of a replay.
    let replayed = records(
        &bench
            .run(&["replay", "low.wav", "--model", "model.onnx"])
            .stdout,
    );
    let tags = |records: &[Record]| {
        records
            .iter()
            .filter_map(|record| match &record.body {
                Body::Tag(tag) => Some((record.time, tag.clone())),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(tags(&found), tags(&replayed));
}

#[test]
fn a_serial_line_that_nobody_reads_does_not_stop_the_hearing() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 6.0));
    let (mut ours, name, _theirs) = pty();
    // 60 records a second: the line's buffer and the queue of records are full within seconds.
    let mut child = bench.listening("long.wav", &name, &["--hop", "0.016"], Stdio::piped());
    let start = Instant::now();
    while child.0.try_wait().unwrap().is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "a blocked line must not stop the program"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut said = String::new();
    child
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let numbers: Vec<u64> = said
        .lines()
        .last()
        .unwrap()
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    let [sent, dropped] = numbers[..] else {
        panic!("{said}")
    };
    assert!(sent > 330, "all windows of 6 s were judged: {said}");
    assert!(dropped > 100 && dropped < sent, "{said}");
    let mut chunk = [0; 512];
    assert!(ours.read(&mut chunk).is_ok(), "what fits was written");
}

#[test]
fn a_serial_line_that_goes_away_is_opened_again() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 30.0));
    let link = bench.path("port");
    let (mut ours, name, theirs) = pty();
    std::os::unix::fs::symlink(name, &link).unwrap();
    // A child inherits our end of the pseudo terminal, and with it open the line would never hang up.
    let close_inherited = r#"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; exec "$0" "$@""#;
    let child = Command::new("bash")
        .args([
            "-c",
            close_inherited,
            env!("CARGO_BIN_EXE_needledrop-device"),
        ])
        .args(["run", "--model", "model.onnx", "--input", "long.wav"])
        .args(["--serial", "port"])
        .current_dir(bench.dir.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = Ending(child);
    read_until(&mut ours, |bytes| {
        bytes.windows(6).any(|part| part == b"$NDTAG")
    });
    drop((ours, theirs));
    let (mut ours, name, _theirs) = pty();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(name, &link).unwrap();
    let bytes = read_until(&mut ours, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.matches("$NDSTA").count() >= 1 && text.ends_with("\r\n")
    });
    let mut verifier = Verifier::new();
    let mut restarts = None;
    let mut lines = Lines::new();
    lines.push(&bytes, |line| {
        if let Ok(Record {
            body: Body::Status(status),
            ..
        }) = verifier.line(line).record
        {
            restarts = Some(status.serial_restarts);
        }
    });
    assert_eq!(restarts, Some(1));
    assert!(verifier.counts().is_clean(), "{:?}", verifier.counts());
    drop(child);
}

#[test]
fn a_microphone_that_is_not_there_is_a_state_and_not_an_exit() {
    let bench = Bench::new();
    let mut child = bench
        .command(&[
            "run",
            "--model",
            "model.onnx",
            "--input",
            "hw:CARD=NoSuchCard,DEV=0",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it goes on trying");
    terminate(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("hw:CARD=NoSuchCard,DEV=0") && said.contains("trying again"),
        "{said}"
    );
    let found = records(&output.stdout);
    assert!(matches!(found[0].body, Body::Begin(_)) && found[0].time.rate_hz == 0);
    let lost = State::NoAudio(needledrop_protocol::NoAudio::Lost);
    assert_eq!(last_tags(&found), [(lost, String::new())]);
}

#[test]
fn a_signal_ends_a_run_with_its_last_record() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(5_000.0, 8_000.0, 30.0));
    let (mut ours, name, _theirs) = pty();
    let mut child = bench.listening("long.wav", &name, &[], Stdio::null());
    let tags = |bytes: &[u8]| String::from_utf8_lossy(bytes).matches("$NDTAG").count();
    let mut bytes = read_until(&mut ours, |bytes| tags(bytes) >= 3);
    terminate(&child.0);
    bytes.extend(read_until(&mut ours, |more| {
        String::from_utf8_lossy(more).contains("$NDSTA") && more.ends_with(b"\r\n")
    }));
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(
        last_tags(&records(&bytes)),
        [(State::Music, "high".to_owned())]
    );
}

#[test]
fn standard_output_that_fails_ends_the_run_with_its_reason() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 60.0));
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let start = Instant::now();
    let output = bench
        .command(&["run", "--model", "model.onnx", "--input", "long.wav"])
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("standard output: No space left"), "{said}");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "it does not play a minute to nobody"
    );
}

#[test]
fn a_source_of_an_impossible_rate_is_refused_before_any_record() {
    let bench = Bench::new();
    for rate in ["0", "5", "4000000000"] {
        let mut child = bench
            .command(&[
                "run",
                "--model",
                "model.onnx",
                "--input",
                "-",
                "--rate",
                rate,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(&[0; 64]);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{rate}");
        assert!(
            output.stdout.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_for_the_first_sample() {
    let bench = Bench::new();
    let child = bench
        .command(&["run", "--model", "model.onnx", "--input", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Ending(child);
    let _open = child.0.stdin.take();
    // Long enough to have read the model and to wait.
    std::thread::sleep(Duration::from_secs(2));
    terminate(&child.0);
    let start = Instant::now();
    let code = loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            break status.code();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "it hangs");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(code, Some(0));
}

#[test]
fn standard_input_is_wav_or_raw_samples() {
    let bench = Bench::new();
    let feed = |arguments: &[&str], bytes: &[u8]| {
        let arguments = [&["run", "--model", "model.onnx", "--input", "-"], arguments].concat();
        let mut child = bench
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The program may refuse before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(bytes);
        child.wait_with_output().unwrap()
    };
    let wav = fs::read(bench.path("high.wav")).unwrap();
    let expected = [(State::Music, "high".to_owned())];
    assert_eq!(last_tags(&records(&feed(&[], &wav).stdout)), expected);
    let raw: Vec<u8> = tone(5_000.0, 8_000.0, 3.0)
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    assert_eq!(
        last_tags(&records(&feed(&["--rate", "44100"], &raw).stdout)),
        expected
    );
    let refused = feed(&[], &raw);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--rate HZ"));
}

#[test]
fn a_configuration_file_takes_the_place_of_flags() {
    let bench = Bench::new();
    fs::write(
        bench.path("board.toml"),
        "model = \"model.onnx\"\ninput = \"low.wav\"\nformat = \"jsonl\"\nserial = \"-\"\n",
    )
    .unwrap();
    let output = bench.run(&["run", "--config", "board.toml"]);
    assert!(output.stdout.starts_with(b"{\"type\":\"begin\""));
    assert_eq!(last_tags(&records(&output.stdout)).len(), 1);
    fs::write(bench.path("wrong.toml"), "modell = \"model.onnx\"\n").unwrap();
    let said = bench.fails(2, &["run", "--config", "wrong.toml"]);
    assert!(
        said.contains("wrong.toml") && said.contains("modell"),
        "{said}"
    );
    assert!(
        bench
            .fails(2, &["run", "--config", "gone.toml"])
            .contains("gone.toml")
    );
}

#[test]
fn the_self_test_passes_here_and_fails_on_a_damaged_model() {
    let bench = Bench::new();
    let output = bench.run(&["selftest", "--model", "model.onnx"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.lines().count() >= 7 && said.lines().all(|line| line.starts_with("ok")),
        "{said}"
    );
    let output = bench.run(&["selftest", "--model", "plain.onnx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"fail  model"));
}

#[test]
fn score_compares_with_the_manifest() {
    let bench = Bench::new();
    bench.wav("soft.wav", 1, &tone(200.0, 10.0, 3.0));
    fs::write(bench.path("m.csv"), "path,genre\nlow.wav,\"low, tenor\"\nhigh.wav,high\nhigh.wav,\"low, tenor\"\nsoft.wav,no-music\ngone.wav,high\nlow.wav,polka\n").unwrap();
    let output = bench.run(&[
        "score",
        "--model",
        "model.onnx",
        "--manifest",
        "m.csv",
        "--json",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("gone.wav") && said.contains("polka"),
        "{said}"
    );
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&found["genre_clips"], &found["no_music_recall"]),
        (&3.into(), &1.0.into())
    );
    assert_eq!(found["accuracy"], 2.0 / 3.0);
    assert_eq!(
        (&found["bad_files"], &found["unknown_genres"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn bench_and_diagnose_say_what_they_measure() {
    let bench = Bench::new();
    let output = bench.run(&["bench", "--model", "model.onnx", "--json"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in [
        "frontend_us_per_frame",
        "net_us_per_window",
        "real_time_factor",
    ] {
        assert!(
            found[name].as_f64().is_some_and(|value| value > 0.0),
            "{found}"
        );
    }
    assert_eq!(found["net_multiply_adds"], 40 * 20 * 3);
    let output = bench.run(&["diagnose"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    for part in ["program", "protocol", "memory", "clock", "serial", "audio"] {
        assert!(
            said.lines().any(|line| line.starts_with(part)),
            "{part} in {said}"
        );
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
