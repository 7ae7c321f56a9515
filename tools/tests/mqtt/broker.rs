//! The broker: mosquitto on a free port of the loopback, its files in a folder of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longest time for anything that should happen at once; a busy machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running broker; dropped, it ends and its files go.
pub(crate) struct Broker {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    process: Option<Child>,
}

impl Broker {
    /// One that lets everybody in; `None`, said aloud, where mosquitto is not installed.
    pub(crate) fn open() -> Option<Self> {
        Self::with(|_| "allow_anonymous true\n".to_owned())
    }

    /// One with these lines of configuration, which may name files of its folder.
    pub(crate) fn with(configuration: impl FnOnce(&Path) -> String) -> Option<Self> {
        let mut broker = Self::absent()?;
        let folder = broker.folder.path();
        let path = folder.display();
        let lines = configuration(folder);
        // Root would be left for a user who can't read the folder. Sessions and what is retained outlive a restart.
        let text = format!(
            "user root\nlistener {} 127.0.0.1\n{lines}\nlog_dest file {path}/log\nlog_type all\nmax_queued_messages 0\n\
             persistence true\npersistence_location {path}/\n",
            broker.port
        );
        fs::write(folder.join("mosquitto.conf"), text).expect("the configuration is written");
        broker.start();
        Some(broker)
    }

    /// A port on which nobody listens yet.
    pub(crate) fn absent() -> Option<Self> {
        if mosquitto().is_none() {
            eprintln!("SKIPPED: mosquitto and mosquitto-clients are not installed");
            return None;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        Some(Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            port: listener.local_addr().expect("it is bound").port(),
            process: None,
        })
    }

    /// Starts it, for the first time or again.
    pub(crate) fn start(&mut self) {
        let configuration = self.folder.path().join("mosquitto.conf");
        if !configuration.exists() {
            let text = format!("listener {} 127.0.0.1\nallow_anonymous true\n", self.port);
            fs::write(&configuration, text).expect("the configuration is written");
        }
        let child = Command::new(mosquitto().expect("it was there before"))
            .arg("-c")
            .arg(configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto starts");
        self.process = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(Instant::now() < deadline, "mosquitto does not listen");
            sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a service manager would; it keeps its sessions.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        if let Some(mut child) = self.process.take() {
            child.wait().expect("mosquitto ends");
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let child = self.process.as_ref().expect("it runs");
        signal(child.id(), name);
    }

    /// Host and port for the monitor.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits until its log has this.
    pub(crate) fn logged(&self, text: &str) {
        let log = self.folder.path().join("log");
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_to_string(&log).is_ok_and(|it| it.contains(text)) {
            assert!(Instant::now() < deadline, "the broker never logged {text}");
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a process a signal.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

/// Debian keeps it where only root looks.
fn mosquitto() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .collect();
    let found = |name: &str| {
        folders
            .iter()
            .map(|it| it.join(name))
            .find(|it| it.exists())
    };
    found("mosquitto_sub").and_then(|_| found("mosquitto"))
}
