//! Microphones that are not there, pipes, signals.
use crate::{
    program::bench::{Bench, Ending, last_tags, pty, read_until, records, terminate},
    support::tone,
};
use needledrop_protocol::{Body, State};
use std::{
    fs,
    io::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

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
