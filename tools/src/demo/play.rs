//! One clip through a device program and a pseudo-terminal of its own: an audio file in, what was heard of it out.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use needledrop_protocol::Lines;
use serialport::{SerialPort as _, TTYPort};

use super::clip::{Clip, Played};
use super::hearing::Hearing;
use crate::stop;

/// Longest wait for the next bytes before looking whether the program still runs.
const READ_TIMEOUT: Duration = Duration::from_millis(200);

/// A board speaks at least every 10 s; one that says nothing for this long hangs.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// What plays the clips.
#[derive(Clone, Debug)]
pub(super) struct Player {
    /// The device program.
    pub(super) program: PathBuf,
    /// The model it runs.
    pub(super) model: PathBuf,
}

impl Player {
    /// Plays one clip in real time; `show` gets each record as a readable line.
    ///
    /// # Errors
    /// No pseudo-terminal, the program does not start, falls silent, or ends with an error; somebody asked to stop.
    /// The program has ended then, too.
    pub(super) fn play(
        &self,
        clip: &Clip,
        stop: &AtomicBool,
        show: &mut dyn FnMut(String),
    ) -> Result<Played> {
        // The far end stays open here too, or the near end would see the line drop when the program ends.
        let (mut near, far) = TTYPort::pair().context("could not open a pseudo-terminal")?;
        near.set_timeout(READ_TIMEOUT)
            .context("could not set up the pseudo-terminal")?;
        let port = far
            .name()
            .ok_or_else(|| anyhow!("the pseudo-terminal has no name"))?;
        let mut program = self.start(clip, &port)?;
        let mut hearing = Hearing::of(clip);
        let mut take = |line: &[u8]| show(hearing.line(line));
        let heard = listen(&mut near, &mut program, stop, &mut take);
        if heard.is_err() {
            // It may have ended by itself.
            let _ = program.kill();
        }
        let output = program
            .wait_with_output()
            .context("could not wait for the device program")?;
        heard.with_context(|| format!("playing {}", clip.path.display()))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!(
                "{} ended with {} on {}: {}",
                self.program.display(),
                output.status,
                clip.path.display(),
                complaint.trim()
            );
        }
        Ok(hearing.end())
    }

    fn start(&self, clip: &Clip, port: &str) -> Result<Child> {
        Command::new(&self.program)
            .arg("run")
            .arg("--model")
            .arg(&self.model)
            .arg("--input")
            .arg(&clip.path)
            .args(["--serial", port])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", self.program.display()))
    }
}

/// Reads until the program has ended and the port is empty; `take` gets each line.
fn listen(
    near: &mut TTYPort,
    program: &mut Child,
    stop: &AtomicBool,
    take: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    let mut lines = Lines::new();
    let mut heard_at = Instant::now();
    let mut buffer = [0; 1024];
    loop {
        stop::check(stop)?;
        // Asked before reading: what it wrote before it ended is then read below.
        let ended = program
            .try_wait()
            .context("could not ask for the device program")?
            .is_some();
        match near.read(&mut buffer) {
            Ok(0) => bail!("the pseudo-terminal was closed"),
            Ok(count) => {
                heard_at = Instant::now();
                lines.push(&buffer[..count], &mut *take);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                if ended {
                    lines.finish(take);
                    return Ok(());
                }
                if heard_at.elapsed() > SILENCE_LIMIT {
                    bail!(
                        "the device program said nothing for {} s",
                        SILENCE_LIMIT.as_secs()
                    );
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("could not read the pseudo-terminal"),
        }
    }
}
