//! Users that the broker does not know, and what can be no flag.

use std::fs;
use std::process::Command;

use super::broker::Broker;
use super::ear::Ear;
use super::program::{Monitor, begin, run};

/// A broker that knows anna, whose password is `secret`.
fn guarded() -> Option<Broker> {
    Broker::with(|folder| {
        let users = folder.join("users");
        let made = Command::new("mosquitto_passwd")
            .arg("-c")
            .arg("-b")
            .arg(&users)
            .args(["anna", "secret"])
            .status();
        assert!(made.expect("mosquitto_passwd is there").success());
        format!("allow_anonymous false\npassword_file {}", users.display())
    })
}

#[test]
fn only_whom_the_broker_knows_can_publish() {
    let Some(broker) = guarded() else { return };
    let file = broker.folder.path().join("password");
    let path = file.to_str().expect("the path is text");
    fs::write(&file, "wrong\n").expect("the password is written");
    let as_anna = ["--mqtt-user", "anna", "--mqtt-password-file", path];
    for (flags, sentence) in [
        (&as_anna[..], "refuses user anna; check --mqtt-user"),
        (&[], "takes nobody without a user name; give --mqtt-user"),
    ] {
        let ended = run(&broker.address(), flags, &[begin()]);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(sentence), "{said}");
        assert!(!said.contains("trying again"), "{said}");
    }
    fs::write(&file, "secret\n").expect("the password is written");
    let user = ["-h", "127.0.0.1", "-u", "anna", "-P", "secret"];
    let ear = Ear::with(&broker, "ear", &user);
    let mut monitor = Monitor::publishing(&broker.address(), &as_anna);
    monitor.hears(&begin());
    ear.waits("the record", |it| it.sequences() == [0]);
    #[cfg(unix)]
    monitor.says("others may read the password file");
}

#[test]
fn a_refusal_after_the_start_is_waited_out() {
    let Some(mut broker) = guarded() else { return };
    let folder = broker.folder.path().to_owned();
    let file = folder.join("password");
    fs::write(&file, "secret").expect("the password is written");
    let path = file.to_str().expect("the path is text");
    let flags = ["--mqtt-user", "anna", "--mqtt-password-file", path];
    let monitor = Monitor::publishing(&broker.address(), &flags);
    monitor.says("mqtt: connected to");
    let users = fs::read(folder.join("users")).expect("they were written");
    broker.stop();
    fs::write(folder.join("users"), "").expect("they can be forgotten");
    broker.start();
    monitor.says("refuses user anna");
    broker.stop();
    fs::write(folder.join("users"), users).expect("they can be known again");
    broker.start();
    monitor.says(" after ");
}

#[test]
fn what_can_be_no_setting_is_one_sentence() {
    for (address, flags, sentence) in [
        ("mqtt://broker", &[][..], "without mqtt://"),
        ("::1", &[], "needs brackets"),
        ("broker:99999", &[], "no number from 1 to 65535"),
        ("broker", &["--mqtt-topic", "a/#"], "--mqtt-topic \"a/#\""),
        (
            "broker",
            &["--mqtt-ca", "/no/such/file"],
            "could not read /no/such/file",
        ),
        (
            "broker",
            &[
                "--mqtt-user",
                "anna",
                "--mqtt-password-file",
                "/no/such/file",
            ],
            "could not read the password file /no/such/file",
        ),
    ] {
        let ended = run(address, flags, &[begin()]);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_name_that_nobody_knows_may_be_known_later() {
    let monitor = Monitor::publishing("no-such-broker.invalid", &[]);
    monitor.says("the name no-such-broker.invalid is not known to this network");
}
