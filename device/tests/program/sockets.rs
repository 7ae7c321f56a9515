//! The socket: several readers, `records`, and what is left behind.
use crate::{
    program::bench::{Bench, Ending, records, terminate},
    support::tone,
};
use needledrop_protocol::{Body, Format};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Starts `run` on a minute of sound, with a socket for its only output.
fn serving(bench: &Bench, more: &[&str]) -> Ending {
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 60.0));
    std::fs::write(
        bench.path("socket.toml"),
        "serial = []\nsocket = \"records\"\n",
    )
    .expect("a writable folder");
    let run = [
        "run",
        "--model",
        "model.onnx",
        "--input",
        "long.wav",
        "--config",
        "socket.toml",
    ];
    let child = bench
        .command(&[&run[..], more].concat())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let start = Instant::now();
    while !bench.path("records").exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "no socket came");
        thread::sleep(Duration::from_millis(20));
    }
    Ending(child)
}

/// Starts `records` and gives it with the first `lines` that it prints.
fn reading(bench: &Bench, lines: usize) -> (Ending, Vec<u8>) {
    let child = bench
        .command(&["records", "--socket", "records"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut child = Ending(child);
    let mut out = BufReader::new(child.0.stdout.take().expect("a pipe"));
    let mut bytes = Vec::new();
    for _ in 0..lines {
        assert!(
            out.read_until(b'\n', &mut bytes).expect("a pipe") > 0,
            "it ended"
        );
    }
    child.0.stdout = Some(out.into_inner());
    (child, bytes)
}

#[test]
fn readers_come_and_go_in_both_formats() {
    for format in [Format::Nmea, Format::Jsonl] {
        let bench = Bench::new();
        let mut program = serving(&bench, &["--format", format.name()]);
        let (mut early, first) = reading(&bench, 4);
        let (mut late, second) = reading(&bench, 4);
        for bytes in [&first, &second] {
            // Every line is a record and none is missing, or this fails.
            let found = records(bytes);
            assert!(matches!(found[0].body, Body::Begin(_)), "{found:?}");
        }
        assert!(
            records(&second)[0].sequence > 0,
            "numbered for the one who came late"
        );
        // Ctrl-C is a good end, and so is the end of the program.
        let kill = Command::new("kill")
            .args(["-INT", &early.0.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(early.0.wait().unwrap().code(), Some(0));
        terminate(&program.0);
        assert_eq!(program.0.wait().unwrap().code(), Some(0));
        let mut rest = Vec::new();
        late.0
            .stdout
            .take()
            .unwrap()
            .read_to_end(&mut rest)
            .unwrap();
        assert_eq!(late.0.wait().unwrap().code(), Some(0));
        let all = records(&[second, rest].concat());
        assert!(
            matches!(all.last().map(|last| &last.body), Some(Body::Status(_))),
            "the last record too"
        );
        assert!(!bench.path("records").exists());
    }
}

#[test]
fn a_reader_that_hangs_does_not_stop_the_hearing() {
    let bench = Bench::new();
    // A record of some 400 bytes every 16 ms: more than the kernel keeps for a reader within seconds.
    let _program = serving(&bench, &["--format", "jsonl", "--hop", "0.016"]);
    let _hangs = UnixStream::connect(bench.path("records")).unwrap();
    let (_reader, bytes) = reading(&bench, 900);
    assert!(records(&bytes).len() == 900, "none is missing");
}

#[test]
fn no_socket_is_one_sentence() {
    let bench = Bench::new();
    let said = bench.fails(2, &["records", "--socket", "gone"]);
    assert!(said.contains("socket gone"), "{said}");
    assert!(said.contains("systemctl status needledrop"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    std::fs::write(bench.path("file"), "").unwrap();
    let said = bench.fails(2, &["records", "--socket", "file"]);
    assert!(said.contains("socket file"), "{said}");
}

#[test]
fn a_killed_program_leaves_a_socket_that_the_next_one_replaces() {
    let bench = Bench::new();
    let mut program = serving(&bench, &[]);
    program.0.kill().unwrap();
    program.0.wait().unwrap();
    assert!(bench.path("records").exists());
    let said = bench.fails(2, &["records", "--socket", "records"]);
    assert!(said.contains("is the service running?"), "{said}");
    let _next = serving(&bench, &[]);
    let start = Instant::now();
    while UnixStream::connect(bench.path("records")).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "nobody listens");
        thread::sleep(Duration::from_millis(20));
    }
    let run = [
        "run",
        "--model",
        "model.onnx",
        "--input",
        "low.wav",
        "--socket",
        "records",
    ];
    let said = bench.fails(2, &run);
    assert!(
        said.contains("socket records is another program's"),
        "{said}"
    );
}
