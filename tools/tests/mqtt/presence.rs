//! What is there, what is kept, and what is said when somebody leaves.

use std::process::Command;

use super::broker::Broker;
use super::ear::Ear;
use super::program::{Monitor, begin, jazz, status};

#[test]
fn a_run_is_announced_published_kept_and_taken_back() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    for record in [begin(), jazz(1, 871), status(2)] {
        monitor.hears(&record);
    }
    ear.waits("three records", |it| it.sequences() == [0, 1, 2]);
    ear.waits_for("needledrop/test/board", "online");
    ear.waits("the temperature", |it| {
        let status = it.on("needledrop/test/status");
        status
            .last()
            .is_some_and(|it| it.json()["temperature_c"] == 47.3)
    });

    let late = Ear::new(&broker, "late");
    late.waits_for("needledrop/test/availability", "online");
    let kept = late.heard();
    assert!(kept.iter().all(|message| message.retained), "{kept:#?}");
    assert!(late.on("/record").is_empty(), "records are not kept");
    let state = late.on("needledrop/test/state").remove(0).json();
    assert_eq!(state["state"], "music");
    assert_eq!(state["genre"], "jazz");
    assert_eq!(state["probability_percent"], 87.1);
    assert_eq!(state["sequence"], 1);
    let configs = late.on("/config");
    assert_eq!(configs.len(), 8);
    for config in configs.iter().map(|message| message.json()) {
        assert_eq!(config["device"]["sw_version"], "needledrop-device 0.1.0");
        let topics = config["availability"].as_array().expect("a list");
        assert_eq!(topics[0]["topic"], "needledrop/test/availability");
        assert_eq!(topics[1]["topic"], "needledrop/test/board");
        assert!(
            late.on(config["state_topic"].as_str().expect("a topic"))
                .len()
                == 1
        );
    }

    assert_eq!(monitor.ends().code(), Some(0), "{}", monitor.said());
    ear.waits_for("needledrop/test/availability", "offline");
    ear.waits_for("needledrop/test/board", "offline");
    broker.logged("Received DISCONNECT from needledrop_test");
}

#[test]
fn a_monitor_that_is_killed_leaves_its_last_will() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.hears(&begin());
    ear.waits_for("needledrop/test/board", "online");
    ear.waits_for("needledrop/test/availability", "online");
    monitor.ends_by("KILL");
    ear.waits_for("needledrop/test/availability", "offline");
    let late = Ear::new(&broker, "late");
    late.waits_for("needledrop/test/availability", "offline");
}

#[cfg(unix)]
#[test]
fn a_monitor_that_is_asked_to_end_says_goodbye() {
    let Some(broker) = Broker::open() else { return };
    for name in ["TERM", "INT", "HUP"] {
        let ear = Ear::new(&broker, &format!("ear-{name}"));
        let mut monitor = Monitor::publishing(&broker.address(), &[]);
        monitor.hears(&begin());
        ear.waits_for("needledrop/test/board", "online");
        assert_eq!(monitor.ends_by(name).code(), Some(0), "{name}");
        ear.waits_for("needledrop/test/board", "offline");
        ear.waits_for("needledrop/test/availability", "offline");
    }
}

#[test]
fn a_board_that_falls_silent_is_offline_until_it_speaks() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.hears(&begin());
    ear.waits_for("needledrop/test/board", "online");
    ear.waits_for("needledrop/test/board", "offline");
    assert_eq!(
        ear.on("needledrop/test/availability")
            .last()
            .map(|it| it.payload.clone()),
        Some("online".to_owned()),
        "the monitor itself is there"
    );
    monitor.hears(&jazz(1, 871));
    ear.waits_for("needledrop/test/board", "online");
}

#[test]
fn home_assistant_is_told_again_when_it_starts() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let _monitor = Monitor::publishing(&broker.address(), &[]);
    ear.waits_for("needledrop/test/availability", "online");
    let genre = |ear: &Ear| ear.on("/genre/config").len();
    assert_eq!(genre(&ear), 1);
    broker.logged("Sending SUBACK to needledrop_test");
    let published = Command::new("mosquitto_pub")
        .args([
            "-p",
            &broker.port.to_string(),
            "-t",
            "homeassistant/status",
            "-m",
            "online",
        ])
        .status();
    assert!(published.expect("mosquitto_pub is there").success());
    ear.waits("a second announcement", |it| genre(it) == 2);
}
