//! A bench to try the program on: a tiny model, clips, serial lines, and readers of what it says.
use crate::{
    graphs,
    support::{BANDS, RATE_HZ, WINDOW, metadata, tone},
};
use needledrop_bundle::seal;
use needledrop_protocol::{Body, Lines, Record, SampleTime, State, Tag, Verifier};
use serialport::{SerialPort as _, TTYPort};
use std::{
    fs,
    io::Read as _,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A folder with the tiny model and two clips.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn wav(&self, name: &str, channels: u16, samples: &[i16]) {
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

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_needledrop-device"));
        command.args(arguments).current_dir(self.dir.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// Starts `run` on an input and a port.
    pub(crate) fn listening(
        &self,
        input: &str,
        port: &str,
        more: &[&str],
        stderr: Stdio,
    ) -> Ending {
        let run = ["run", "--model", "model.onnx", "--input", input];
        let mut command = self.command(&[&run[..], &["--serial", port], more].concat());
        Ending(command.stderr(stderr).spawn().expect("the program starts"))
    }

    /// Runs it, expects `code`, and gives what it said.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

pub(crate) fn records(bytes: &[u8]) -> Vec<Record> {
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
pub(crate) fn last_tags(records: &[Record]) -> Vec<(State, String)> {
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
pub(crate) struct Ending(pub(crate) Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn terminate(child: &Child) {
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill is there").success());
}

/// Reads a port until `enough` says so.
pub(crate) fn read_until(port: &mut TTYPort, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
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

pub(crate) fn pty() -> (TTYPort, String, TTYPort) {
    let (mut ours, theirs) = TTYPort::pair().expect("a pseudo terminal");
    ours.set_timeout(Duration::from_millis(100))
        .expect("a timeout");
    let name = theirs.name().expect("a name");
    (ours, name, theirs)
}

/// All tags, with the moment of the sound that they are about.
pub(crate) fn tags(records: &[Record]) -> Vec<(SampleTime, Tag)> {
    let tag = |record: &Record| match &record.body {
        Body::Tag(tag) => Some((record.time, tag.clone())),
        _ => None,
    };
    records.iter().filter_map(tag).collect()
}
