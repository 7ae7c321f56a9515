//! One device program and one pseudo-terminal a clip.

use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use needledrop_protocol::{Body, Lines, Tag};
use serialport::{SerialPort as _, TTYPort};

use super::{Clip, Played};
use crate::monitor::plain;
use crate::monitor::session::Session;

/// Longest wait for the next bytes before looking whether the program still runs.
const READ_TIMEOUT: Duration = Duration::from_millis(200);

/// A board speaks at least every 10 s; one that says nothing for this long hangs.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// What plays the clips.
#[derive(Clone, Debug)]
pub struct Player {
    /// The device program.
    pub program: PathBuf,
    /// The model it runs.
    pub model: PathBuf,
}

impl Player {
    /// Plays one clip in real time; `show` gets each record as a readable line.
    ///
    /// # Errors
    /// No pseudo-terminal, the program does not start, falls silent, or ends with an error.
    pub fn play(&self, clip: &Clip, show: &mut dyn FnMut(&str)) -> Result<Played> {
        // The far end stays open here too, or the near end would see the line drop when the program ends.
        let (mut near, far) = TTYPort::pair().context("could not open a pseudo-terminal")?;
        near.set_timeout(READ_TIMEOUT)
            .context("could not set up the pseudo-terminal")?;
        let port = far
            .name()
            .ok_or_else(|| anyhow!("the pseudo-terminal has no name"))?;
        let mut program = self.start(clip, &port)?;
        let heard = listen(&mut near, &mut program, show);
        if heard.is_err() {
            // It may have ended by itself.
            let _ = program.kill();
        }
        let output = program
            .wait_with_output()
            .context("could not wait for the device program")?;
        let (session, answer) =
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
        Ok(Played {
            clip: clip.clone(),
            answer,
            counts: session.counts(),
        })
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

/// Reads until the program has ended and the line is empty.
fn listen(
    near: &mut TTYPort,
    program: &mut Child,
    show: &mut dyn FnMut(&str),
) -> Result<(Session, Option<Tag>)> {
    let mut session = Session::new();
    let mut answer = None;
    let mut lines = Lines::new();
    let mut heard_at = Instant::now();
    let mut buffer = [0; 1024];
    loop {
        // Asked before reading: what it wrote before it ended is then read below.
        let ended = program
            .try_wait()
            .context("could not ask for the device program")?
            .is_some();
        match near.read(&mut buffer) {
            Ok(0) => bail!("the pseudo-terminal was closed"),
            Ok(count) => {
                heard_at = Instant::now();
                lines.push(&buffer[..count], |line| {
                    take(&mut session, &mut answer, line, show)
                });
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                if ended {
                    lines.finish(|line| take(&mut session, &mut answer, line, show));
                    return Ok((session, answer));
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

fn take(session: &mut Session, answer: &mut Option<Tag>, line: &[u8], show: &mut dyn FnMut(&str)) {
    let heard = session.line(line);
    if let Some(remark) = heard.remark {
        show(&format!("! {remark}"));
    }
    if let Some(record) = heard.record {
        show(&plain::line(&record));
        if let Body::Tag(tag) = record.body
            && tag.last
        {
            *answer = Some(tag);
        }
    }
}

/// Plays all clips, `at_once` of them side by side; `show` gets each line with its clip.
///
/// # Errors
/// The first failure; clips already playing are played to their end.
pub fn play_all(
    player: &Player,
    clips: Vec<Clip>,
    at_once: usize,
    show: &dyn Fn(&Clip, &str),
) -> Result<Vec<Played>> {
    let waiting = Mutex::new(VecDeque::from(clips));
    let next = || waiting.lock().map_or(None, |mut clips| clips.pop_front());
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let sender = sender.clone();
            scope.spawn(move || {
                while let Some(clip) = next() {
                    let mut line = |line: &str| {
                        drop(sender.send(Message::Line(clip.clone(), line.to_owned())))
                    };
                    let played = player.play(&clip, &mut line);
                    drop(sender.send(Message::Played(Box::new(played))));
                }
            });
        }
        drop(sender);
        let mut all = Vec::new();
        for message in receiver {
            match message {
                Message::Line(clip, line) => show(&clip, &line),
                Message::Played(played) => match *played {
                    Ok(played) => all.push(played),
                    Err(error) => {
                        if let Ok(mut clips) = waiting.lock() {
                            clips.clear();
                        }
                        return Err(error);
                    }
                },
            }
        }
        Ok(all)
    })
}

enum Message {
    Line(Clip, String),
    Played(Box<Result<Played>>),
}

#[cfg(test)]
mod tests {
    use super::{Player, play_all};
    use crate::demo::{Clip, Score};
    use std::os::unix::fs::PermissionsExt as _;

    const LAST: &str = "$NDTAG,1,0,16000,no-audio,lost,,,,,,,,0,0*B841";

    fn player(folder: &std::path::Path, script: &str) -> Player {
        let program = folder.join("device");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Player {
            program,
            model: "model.onnx".into(),
        }
    }

    fn clips(count: usize) -> Vec<Clip> {
        (0..count)
            .map(|index| Clip {
                path: format!("{index}.wav").into(),
                genre: "jazz".to_owned(),
            })
            .collect()
    }

    #[test]
    fn every_line_of_the_port_is_read() {
        let folder = tempfile::tempdir().unwrap();
        // $7 is the port in `run --model M --input FILE --serial PORT`.
        let player = player(folder.path(), &format!("printf '{LAST}\\r\\n' > \"$7\""));
        let played = play_all(&player, clips(5), 2, &|_, _| {}).unwrap();
        let mut score = Score::default();
        for one in &played {
            score.add(one);
        }
        assert_eq!((score.clips, score.records), (5, 5));
        assert_eq!(
            score.lost, 5,
            "no record was flagged as the last of its clip"
        );
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let player = player(folder.path(), "echo 'no such model' >&2; exit 2");
        let error = play_all(&player, clips(3), 2, &|_, _| {}).unwrap_err();
        assert!(format!("{error:#}").contains("no such model"), "{error:#}");
    }
}
