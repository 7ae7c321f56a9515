//! TLS: who is believed, and who is not.

use std::path::Path;
use std::process::Command;

use super::broker::Broker;
use super::ear::Ear;
use super::program::{Monitor, begin, run};

/// A broker whose certificate is for `localhost`, by the authority in its folder's `ca.pem`; `other.pem` is another's.
fn encrypted() -> Option<Broker> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: openssl, which makes certificates, is not installed");
        return None;
    }
    Broker::with(|folder| {
        for name in ["ca", "other"] {
            openssl(
                folder,
                &format!(
                    "req -x509 {KEY} -subj /CN={name} -days 2 -keyout {name}.key -out {name}.pem"
                ),
            );
        }
        openssl(
            folder,
            &format!("req {KEY} -subj /CN=broker -keyout key.pem -out request.pem"),
        );
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost")
            .expect("it is written");
        openssl(
            folder,
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem",
        );
        let path = folder.display();
        format!("allow_anonymous true\ncertfile {path}/cert.pem\nkeyfile {path}/key.pem")
    })
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl is there");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "openssl {arguments}: {said}");
}

#[test]
fn a_certificate_of_the_given_authority_is_believed() {
    let Some(broker) = encrypted() else { return };
    let ca = broker.folder.path().join("ca.pem");
    let ca = ca.to_str().expect("the path is text");
    let ear = Ear::with(&broker, "ear", &["-h", "localhost", "--cafile", ca]);
    let address = format!("localhost:{}", broker.port);
    let mut monitor = Monitor::publishing(&address, &["--mqtt-ca", ca]);
    monitor.hears(&begin());
    ear.waits("the record", |it| it.sequences() == [0]);
    assert_eq!(monitor.ends().code(), Some(0), "{}", monitor.said());
}

#[test]
fn any_other_certificate_ends_the_program_with_one_sentence() {
    let Some(broker) = encrypted() else { return };
    let path = |name: &str| broker.folder.path().join(name).display().to_string();
    let (ca, other) = (path("ca.pem"), path("other.pem"));
    for (host, flags, sentence) in [
        (
            "localhost",
            &["--mqtt-ca", &other][..],
            "vouched for by nobody in",
        ),
        (
            "localhost",
            &["--mqtt-tls"],
            "vouched for by nobody in this system's list",
        ),
        ("127.0.0.1", &["--mqtt-ca", &ca], "is for another name"),
    ] {
        let ended = run(&format!("{host}:{}", broker.port), flags, &[begin()]);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_port_of_the_other_kind_is_named() {
    let Some(broker) = encrypted() else { return };
    let monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.says("its TLS port, which --mqtt-tls is for");
    let Some(plain) = Broker::open() else { return };
    let ca = broker.folder.path().join("ca.pem");
    let ca = ca.to_str().expect("the path is text");
    let monitor = Monitor::publishing(&plain.address(), &["--mqtt-ca", ca]);
    monitor.says("check that this is its TLS port");
}
