//! Serial lines and standard output: slow, lost, missing, several.
use crate::{
    program::bench::{Bench, Ending, last_tags, pty, read_until, records, tags, terminate},
    support::tone,
};
use needledrop_protocol::{Body, Lines, Record, State, Verifier};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::symlink,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

#[test]
fn a_port_that_is_missing_at_the_start_is_waited_for() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 60.0));
    let mut child = bench.listening("long.wav", "port:9600", &[], Stdio::piped());
    let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("serial port port can't be opened") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    assert!(said.contains("needledrop-device diagnose"), "{said}");
    // Long enough to try again, and to say so if that were said.
    thread::sleep(Duration::from_secs(3));
    let (mut ours, name, _theirs) = pty();
    symlink(name, bench.path("port")).unwrap();
    // The second status comes after 10 s of sound, when the port has long been open.
    let bytes = read_until(&mut ours, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.matches("$NDSTA").count() >= 2 && text.ends_with("\r\n")
    });
    let found = records(&bytes);
    assert!(
        matches!(found[0].body, Body::Begin(_)) && found[0].sequence == 0,
        "what was said meanwhile has waited"
    );
    let mut counts = found.iter().filter_map(|record| match &record.body {
        Body::Status(status) => Some((status.serial_restarts, status.dropped_records)),
        _ => None,
    });
    assert_eq!(counts.next_back(), Some((0, 0)));
    terminate(&child.0);
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(said.matches("can't be opened").count(), 1, "{said}");
    assert_eq!(
        said.matches("serial port port is open").count(),
        1,
        "{said}"
    );
}

#[test]
fn a_port_that_never_comes_loses_records_and_not_the_run() {
    let bench = Bench::new();
    let output = bench.run(&[
        "run",
        "--model",
        "model.onnx",
        "--input",
        "low.wav",
        "--serial",
        "/dev/no-such-port",
        "--serial",
        "-",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let count = records(&output.stdout).len();
    let end = format!("{count} records, {count} dropped");
    assert!(
        said.trim_end().ends_with(&end),
        "the first port counts: {said}"
    );
}

#[test]
fn a_port_that_nobody_reads_does_not_disturb_the_others() {
    let bench = Bench::new();
    bench.wav("long.wav", 1, &tone(200.0, 8_000.0, 6.0));
    let (mut first, name, _theirs) = pty();
    // It stands for a USB gadget without a host: its buffer fills up and then takes nothing.
    let (_blocked, blocked_name, _also_theirs) = pty();
    let more = ["--serial", &blocked_name, "--serial", "-", "--hop", "0.016"];
    let run = ["run", "--model", "model.onnx", "--input", "long.wav"];
    let child = bench
        .command(&[&run[..], &["--serial", &name], &more].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Ending(child);
    let mut stdout = child.0.stdout.take().unwrap();
    let printing = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = read_until(&mut first, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.contains(",0,1*") && text.matches("$NDSTA").count() >= 2 && text.ends_with("\r\n")
    });
    let found = records(&bytes);
    assert!(found.len() > 330, "{} records", found.len());
    let Some(Body::Status(status)) = found.last().map(|record| &record.body) else {
        panic!("{:?}", found.last())
    };
    assert_eq!(status.dropped_records, 0, "only the first port counts");
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(records(&printing.join().unwrap().unwrap()), found);
}

#[test]
fn outputs_that_cannot_be_meant_are_refused() {
    let bench = Bench::new();
    let refused = |serial: &[&str]| {
        let flags: Vec<&str> = serial.iter().flat_map(|&port| ["--serial", port]).collect();
        let run = ["run", "--model", "model.onnx", "--input", "low.wav"];
        bench.fails(2, &[&run[..], &flags].concat())
    };
    assert!(refused(&["-", "-"]).contains("standard output is named twice"));
    assert!(refused(&["/no/a", "/no/a:9600"]).contains("serial port /no/a is named twice"));
    let said = refused(&["/no/a", "/no/b", "/no/c", "/no/d", "/no/e"]);
    assert!(said.contains("5 outputs, at most 4"), "{said}");
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
        thread::sleep(Duration::from_millis(50));
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
    symlink(name, &link).unwrap();
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
    symlink(name, &link).unwrap();
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
