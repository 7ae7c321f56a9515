//! A sound card made of software: a headless PulseAudio whose sink's monitor is ALSA's default input.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The sink everything is played to.
const SINK: &str = "ci";

/// A running PulseAudio of its own, with a null sink.
pub(crate) struct Pulse {
    folder: tempfile::TempDir,
    server: Child,
    keep_awake: Option<Child>,
}

impl Pulse {
    /// Whether the programs it takes are installed; else what is missing.
    pub(crate) fn installed() -> Result<(), String> {
        for name in ["pulseaudio", "paplay", "parec", "pactl"] {
            let found = std::env::var_os("PATH").is_some_and(|path| {
                std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
            });
            if !found {
                return Err(format!("{name} is not installed"));
            }
        }
        let plugin = [
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/usr/lib",
        ]
        .iter()
        .any(|folder| {
            Path::new(folder)
                .join("alsa-lib/libasound_module_pcm_pulse.so")
                .is_file()
        });
        if plugin {
            Ok(())
        } else {
            Err("ALSA's pulse plugin is not installed (libasound2-plugins)".to_owned())
        }
    }

    /// Starts the server and waits until its sink runs.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))
            .expect("private folder");
        let asound = "</usr/share/alsa/alsa.conf>\n\
             pcm.!default { type pulse device \"ci.monitor\" }\n\
             ctl.!default { type pulse }\n";
        fs::write(folder.path().join("asound.conf"), asound).expect("ALSA configuration");
        let socket = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket(folder.path()).display()
        );
        let mut command = Command::new("pulseaudio");
        command
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                "--disallow-exit",
            ])
            .args(["-L", &socket])
            .args([
                "-L",
                &format!("module-null-sink sink_name={SINK} rate=44100 channels=1"),
            ])
            .args(["-L", "module-always-sink"]);
        let log = fs::File::create(folder.path().join("pulseaudio.log")).expect("log file");
        environment(&mut command, folder.path());
        let server = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("pulseaudio starts");
        let mut pulse = Self {
            folder,
            server,
            keep_awake: None,
        };
        pulse.wait_until_ready();
        // A monitor source falls asleep when nobody reads it; the first reader then hears nothing.
        let mut reader = Command::new("parec");
        reader.args([
            "-d",
            &format!("{SINK}.monitor"),
            "--latency-msec=20",
            "--raw",
        ]);
        pulse.set_environment(&mut reader);
        pulse.keep_awake = Some(
            reader
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("parec starts"),
        );
        pulse
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut list = Command::new("pactl");
            list.args(["list", "short", "sinks"]);
            self.set_environment(&mut list);
            let output = list.output().expect("pactl runs");
            if String::from_utf8_lossy(&output.stdout).contains(SINK) {
                return;
            }
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.path().join("pulseaudio.log"))
                    .unwrap_or_default();
                panic!("pulseaudio has no sink after 20 s:\n{log}");
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Points a program at this server, and ALSA's default device at the sink's monitor.
    pub(crate) fn set_environment(&self, command: &mut Command) {
        environment(command, self.folder.path());
    }

    /// Plays a WAV file to the sink, to its end.
    pub(crate) fn play(&self, wav: &Path) {
        let mut command = Command::new("paplay");
        command.arg(format!("--device={SINK}")).arg(wav);
        self.set_environment(&mut command);
        let output = command.output().expect("paplay runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "paplay {}: {complaint}",
            wav.display()
        );
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        for child in self.keep_awake.iter_mut().chain([&mut self.server]) {
            // Already gone is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("native")
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
