//! Who subscribes: mosquitto_sub, with a session that outlives its absences.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::broker::{Broker, PATIENCE};

/// A message as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The broker had kept it.
    pub(crate) retained: bool,
    pub(crate) topic: String,
    pub(crate) payload: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.payload).expect("the payload is JSON")
    }
}

/// A subscriber to everything.
pub(crate) struct Ear {
    process: Child,
    heard: Arc<Mutex<Vec<Message>>>,
}

impl Ear {
    /// Subscribes under this name and waits until the broker knows.
    pub(crate) fn new(broker: &Broker, name: &str) -> Self {
        Self::with(broker, name, &["-h", "127.0.0.1"])
    }

    /// With flags of its own.
    pub(crate) fn with(broker: &Broker, name: &str, flags: &[&str]) -> Self {
        let mut process = Command::new("mosquitto_sub")
            .args(flags)
            .args(["-p", &broker.port.to_string(), "-i", name, "-c", "-q", "1"])
            .args(["-t", "#", "-F", "%r %t %p"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub starts");
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let heard: Arc<Mutex<Vec<Message>>> = Arc::default();
        let list = Arc::clone(&heard);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                list.lock().expect("no holder panics").push(message(&line));
            }
        });
        broker.logged(&format!("Sending SUBACK to {name}"));
        Self { process, heard }
    }

    /// All that arrived so far.
    pub(crate) fn heard(&self) -> Vec<Message> {
        self.heard.lock().expect("no holder panics").clone()
    }

    /// All that arrived on topics that end so.
    pub(crate) fn on(&self, end: &str) -> Vec<Message> {
        let mut heard = self.heard();
        heard.retain(|message| message.topic.ends_with(end));
        heard
    }

    /// Sequence numbers of the records in the order of their first arrival; QoS 1 may bring one twice.
    pub(crate) fn sequences(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let records = self.on("/record");
        records
            .iter()
            .map(|it| it.json()["sequence"].as_u64().expect("a number"))
            .filter(|sequence| seen.insert(*sequence))
            .collect()
    }

    /// Waits until that is true.
    pub(crate) fn waits(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            let heard = self.heard();
            let last = &heard[heard.len().saturating_sub(20)..];
            assert!(
                Instant::now() < deadline,
                "never heard {what}; last were {last:#?}"
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the newest message on such a topic says this.
    pub(crate) fn waits_for(&self, end: &str, payload: &str) {
        self.waits(&format!("{payload} on {end}"), |ear| {
            ear.on(end).last().is_some_and(|it| it.payload == payload)
        });
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn message(line: &str) -> Message {
    let mut parts = line.splitn(3, ' ');
    let mut next = || parts.next().expect("three parts").to_owned();
    Message {
        retained: next() == "1",
        topic: next(),
        payload: next(),
    }
}
