//! Live sound: PulseAudio -> ALSA -> cpal -> the device program -> a pseudo-terminal, record by record.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::pty::{Heard, Pty};
use crate::support::{model, programs};
use needledrop_protocol::{Body, Record, State, Status, Tag};
use needledrop_tools::emulate::Pulse;

/// Silence long enough for the board to call it muted, whatever the window.
const SILENCE: Duration = Duration::from_secs(7);

#[test]
fn music_that_is_played_is_heard_and_told_on_the_serial_port() {
    if let Err(reason) = Pulse::require() {
        eprintln!("SKIPPED: no live sound without PulseAudio: {reason}");
        return;
    }
    let chain = model::chain();
    let folder = tempfile::tempdir().expect("a folder for the server");
    let pulse = Pulse::start(folder.path()).expect("PulseAudio starts");
    let pty = Pty::open();
    let mut command = Command::new(programs::program("needledrop-device"));
    command
        .args([
            "run",
            "--input",
            "default",
            "--serial",
            pty.name(),
            "--model",
        ])
        .arg(chain.model())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    pulse.set_environment(&mut command);
    let mut device = Device(command.spawn().expect("the device program starts"));
    wait_for(&mut device, &pty, "its begin record", |heard| {
        begins(&heard.records) > 0
    });

    let before_music = pty.heard().records.len();
    for clip in some_music(&chain) {
        pulse.play_to_end(&clip).expect("the clip is played");
    }
    let after_music = pty.heard().records.len();
    sleep(SILENCE);
    let status = terminate(device);
    let heard = pty.close();
    println!("{}", heard.lines.join("\n"));

    assert!(
        status.success(),
        "asked to end, the device program ended with {status}"
    );
    assert!(heard.counts.is_clean(), "{:?}", heard.counts);
    let music = tags(&heard.records[before_music..after_music]);
    assert!(
        music
            .iter()
            .any(|tag| tag.state == State::Music && !tag.candidates.is_empty()),
        "no genre was said while music played: {music:?}"
    );
    let silence = tags(&heard.records[after_music..]);
    assert!(
        silence
            .iter()
            .any(|tag| matches!(tag.state, State::NoMusic(_) | State::NoAudio(_))),
        "silence was not noticed: {silence:?}"
    );
    let last = statuses(&heard.records)
        .pop()
        .expect("a status record every 10 s");
    // Ours is the only load that is bounded: on a busy machine samples may be lost, but then it is said.
    println!(
        "overruns {} samples, dropped records {}",
        last.overrun_samples, last.dropped_records
    );
    assert_eq!(
        last.dropped_records, 0,
        "a pseudo-terminal that is read takes every record"
    );
    assert_eq!(last.serial_restarts, 0);
}

/// Two clips of the corpus that hold music.
fn some_music(chain: &model::Chain) -> Vec<PathBuf> {
    let mut genres: Vec<PathBuf> = std::fs::read_dir(chain.music())
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() && !path.ends_with("no-music"))
        .collect();
    genres.sort();
    let first_clip = |genre: &PathBuf| {
        let mut clips: Vec<PathBuf> = std::fs::read_dir(genre)
            .expect("a genre")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        clips.sort();
        clips
            .into_iter()
            .find(|path| path.extension().is_some_and(|it| it == "wav"))
            .expect("a WAV file")
    };
    genres.iter().take(2).map(first_clip).collect()
}

/// The device program, which does not outlive a test that fails.
struct Device(Child);

impl Drop for Device {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(device: &mut Device, pty: &Pty, what: &str, enough: impl Fn(&Heard) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !enough(&pty.heard()) {
        let ended = device
            .0
            .try_wait()
            .expect("the device program can be asked for");
        assert!(
            ended.is_none(),
            "the device program ended before {what}: {ended:?}"
        );
        assert!(
            Instant::now() < deadline,
            "waited 30 s for {what}; heard {:?}",
            pty.heard().lines
        );
        sleep(Duration::from_millis(50));
    }
}

fn terminate(mut device: Device) -> ExitStatus {
    let pid = device.0.id().to_string();
    let sent = Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .expect("kill runs");
    assert!(
        sent.success(),
        "the device program was gone before it was asked to end"
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(status) = device
            .0
            .try_wait()
            .expect("the device program can be asked for")
        {
            return status;
        }
        assert!(
            Instant::now() < deadline,
            "the device program did not end within 10 s of SIGTERM"
        );
        sleep(Duration::from_millis(50));
    }
}

fn begins(records: &[Record]) -> usize {
    records
        .iter()
        .filter(|record| matches!(record.body, Body::Begin(_)))
        .count()
}

fn tags(records: &[Record]) -> Vec<&Tag> {
    records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Tag(tag) => Some(tag),
            _ => None,
        })
        .collect()
}

fn statuses(records: &[Record]) -> Vec<&Status> {
    records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Status(status) => Some(status),
            _ => None,
        })
        .collect()
}
