//! A sound card made of software: a PulseAudio of its own whose one sink is what the guest's microphone hears.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::child;
use super::programs;
use super::sound::RATE_HZ;
use crate::child::{Running, last_line};

/// The sink everything is played to.
const SINK: &str = "room";

/// Longest wait for the server.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How often a waiting program is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A running server, in a folder that nobody else may read.
#[derive(Debug)]
pub struct Pulse {
    folder: PathBuf,
    // Fields are dropped in this order: the reader first, then its server.
    _reader: Running,
    _server: Running,
}

impl Pulse {
    /// Whether all that it takes is installed.
    ///
    /// # Errors
    /// The first program or plugin that is missing, and the package that has it.
    pub fn require() -> Result<()> {
        programs::require_pulse()
    }

    /// Starts the server in `folder`, which must be private to this run, and waits until its sink runs.
    ///
    /// # Errors
    /// It does not start, or has no sink in time; with its last words.
    pub fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("pulse");
        prepare(&folder).with_context(|| format!("could not prepare {}", folder.display()))?;
        let mut server = start_server(&folder)?;
        wait_for_sink(&folder, &mut server)?;
        // A monitor that nobody reads falls asleep; its first reader then hears nothing.
        let mut reader = program("parec", &folder)?;
        reader
            .arg(format!("--device={SINK}.monitor"))
            .args(["--latency-msec=20", "--raw"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self {
            _reader: Running::start("parec", &mut reader)?,
            _server: server,
            folder,
        })
    }

    /// Points a program at this server, and ALSA's default device at the sink's monitor.
    pub fn set_environment(&self, command: &mut Command) {
        environment(command, &self.folder);
    }

    /// Starts to play a WAV file to the sink.
    ///
    /// # Errors
    /// `paplay` does not start.
    pub(crate) fn play(&self, wav: &Path) -> Result<Running> {
        let mut player = program("paplay", &self.folder)?;
        player
            .arg(format!("--device={SINK}"))
            .arg(wav)
            .stdout(Stdio::null())
            .stderr(File::create(self.player_log()).context("could not write paplay's log")?);
        Running::start("paplay", &mut player)
    }

    /// Plays a WAV file to the sink, to its end.
    ///
    /// # Errors
    /// `paplay` does not start, or fails; with its last words.
    pub fn play_to_end(&self, wav: &Path) -> Result<()> {
        let mut player = self.play(wav)?;
        loop {
            if let Some(status) = player.ended()? {
                let words = last_line(&self.player_log());
                ensure!(
                    status.success(),
                    "paplay ended with {status} on {}: {words}",
                    wav.display()
                );
                return Ok(());
            }
            sleep(LOOK);
        }
    }

    /// What `paplay` complained of last.
    pub(crate) fn player_log(&self) -> PathBuf {
        self.folder.join("paplay.log")
    }
}

fn prepare(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    let asound = format!(
        "</usr/share/alsa/alsa.conf>\n\
         pcm.!default {{ type pulse device \"{SINK}.monitor\" }}\n\
         ctl.!default {{ type pulse }}\n"
    );
    fs::write(folder.join("asound.conf"), asound)
}

fn start_server(folder: &Path) -> Result<Running> {
    let socket = socket(folder);
    let mut command = program("pulseaudio", folder)?;
    command
        .args([
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--disallow-exit",
        ])
        .args(["--exit-idle-time=-1", "--realtime=no", "-L"])
        .arg(format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        ))
        .arg("-L")
        .arg(format!(
            "module-null-sink sink_name={SINK} rate={RATE_HZ} channels=1"
        ))
        .args(["-L", "module-always-sink"])
        .stdout(Stdio::null())
        .stderr(File::create(log(folder)).context("could not write PulseAudio's log")?);
    Running::start("pulseaudio", &mut command)
}

fn wait_for_sink(folder: &Path, server: &mut Running) -> Result<()> {
    let started = Instant::now();
    loop {
        let mut list = program("pactl", folder)?;
        let output = list
            .args(["list", "short", "sinks"])
            .output()
            .context("could not run pactl")?;
        if String::from_utf8_lossy(&output.stdout).contains(SINK) {
            return Ok(());
        }
        let words = || last_line(&log(folder));
        if let Some(status) = server.ended()? {
            bail!("PulseAudio did not start ({status}): {}", words());
        }
        if started.elapsed() > START_LIMIT {
            let seconds = START_LIMIT.as_secs();
            bail!("PulseAudio has no sink after {seconds} s: {}", words());
        }
        sleep(LOOK);
    }
}

fn program(name: &str, folder: &Path) -> Result<Command> {
    let mut command = child::command(name)?;
    environment(&mut command, folder);
    command.stdin(Stdio::null());
    Ok(command)
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("native")
}

fn log(folder: &Path) -> PathBuf {
    folder.join("pulseaudio.log")
}

fn environment(command: &mut Command, folder: &Path) {
    command
        .env("XDG_RUNTIME_DIR", folder)
        .env("HOME", folder)
        .env("PULSE_SERVER", format!("unix:{}", socket(folder).display()))
        .env("ALSA_CONFIG_PATH", folder.join("asound.conf"))
        .env_remove("DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
}
