//! What systemd is told: ready, alive, stopping.
use crate::program::bench::{Bench, Ending, terminate};
use std::{
    os::unix::net::UnixDatagram,
    process::Stdio,
    time::{Duration, Instant},
};

/// Stands for systemd: its socket, and what was said there so far.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn new(bench: &Bench) -> Self {
        let socket = UnixDatagram::bind(bench.path("notify")).expect("a short path");
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a timeout");
        Self {
            socket,
            heard: Vec::new(),
        }
    }

    /// Starts `run` as a service with a watchdog.
    fn start(&self, bench: &Bench, input: &str, watchdog_us: Option<u32>) -> Ending {
        let mut command = bench.command(&["run", "--model", "model.onnx", "--input", input]);
        command.env("NOTIFY_SOCKET", bench.path("notify"));
        match watchdog_us {
            Some(us) => command.env("WATCHDOG_USEC", us.to_string()),
            None => command.env_remove("WATCHDOG_USEC"),
        };
        let child = command
            .env_remove("WATCHDOG_PID")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ending(child.expect("the program starts"))
    }

    fn count(&self, message: &str) -> usize {
        self.heard
            .iter()
            .filter(|heard| heard.starts_with(message))
            .count()
    }

    fn hear_until(&mut self, enough: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        let mut datagram = [0; 1024];
        while !enough(self) {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{:?}",
                self.heard
            );
            if let Ok(bytes) = self.socket.recv(&mut datagram) {
                let text = String::from_utf8_lossy(&datagram[..bytes]);
                self.heard.extend(text.lines().map(str::to_owned));
            }
        }
    }
}

#[test]
fn a_service_without_a_microphone_is_ready_and_alive() {
    let bench = Bench::new();
    let mut manager = Manager::new(&bench);
    let mut child = manager.start(&bench, "hw:CARD=NoSuchCard,DEV=0", Some(300_000));
    manager.hear_until(|manager| manager.count("WATCHDOG=1") >= 10);
    assert_eq!(manager.heard[0], "READY=1");
    assert_eq!(manager.count("READY=1"), 1);
    let lost = "STATUS=no audio: audio input hw:CARD=NoSuchCard,DEV=0";
    assert!(manager.count(lost) >= 1, "{:?}", manager.heard);
    terminate(&child.0);
    manager.hear_until(|manager| manager.count("STOPPING=1") == 1);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn signs_of_life_come_while_it_waits_and_while_it_hears() {
    let bench = Bench::new();
    let mut manager = Manager::new(&bench);
    // Standard input that says nothing: the worker waits for the source to open.
    let child = manager.start(&bench, "-", Some(300_000));
    manager.hear_until(|manager| manager.count("WATCHDOG=1") >= 5);
    drop(child);
    manager.heard.clear();
    let mut child = manager.start(&bench, "low.wav", Some(300_000));
    manager.hear_until(|manager| manager.count("STOPPING=1") == 1);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(
        manager.count("STATUS=listening to low.wav"),
        1,
        "{:?}",
        manager.heard
    );
    // 3 s of sound, a sign each 0.1 s at most.
    let signs = manager.count("WATCHDOG=1");
    assert!((10..=40).contains(&signs), "{signs} signs of life");
}

#[test]
fn nobody_watches_and_nothing_is_said_too_much() {
    let bench = Bench::new();
    let mut manager = Manager::new(&bench);
    let mut child = manager.start(&bench, "low.wav", None);
    manager.hear_until(|manager| manager.count("STOPPING=1") == 1);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(manager.count("WATCHDOG"), 0);
    // A program that can't start is never ready.
    manager.heard.clear();
    std::fs::remove_file(bench.path("model.onnx")).unwrap();
    let mut child = manager.start(&bench, "low.wav", None);
    assert_eq!(child.0.wait().unwrap().code(), Some(2));
    let mut datagram = [0; 1024];
    assert!(manager.socket.recv(&mut datagram).is_err(), "not a word");
}
