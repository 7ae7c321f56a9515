//! One program of the chain: its words go into a log, the newest of them onto the terminal while it runs.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::screen::Screen;
use crate::child::Running;
use crate::monitor::words::printable;
use crate::stop;

/// How often to look whether the program has ended, and what it said.
const LOOK: Duration = Duration::from_millis(100);

/// Lines of a log that are shown when its program failed.
const LAST_LINES: usize = 12;

/// A program that did not do its work.
#[derive(Debug)]
pub struct Failed {
    name: String,
    status: ExitStatus,
    log: PathBuf,
    last_lines: String,
}

impl Failed {
    /// The program's own exit code; for one that a signal ended, what a shell would give.
    pub fn code(&self) -> u8 {
        let signal = || self.status.signal().map(|signal| 128 + signal);
        let code = self.status.code().or_else(signal);
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            status,
            log,
            last_lines,
        } = self;
        write!(
            f,
            "{name} ended with {status}; the end of its log:\n{last_lines}\nthe whole log: {}",
            log.display()
        )
    }
}

impl std::error::Error for Failed {}

/// Runs a program to its end; gives the time it took. The log begins with the command.
///
/// # Errors
/// [`Failed`]; the program does not start, the log can't be written, somebody asked to stop. The program has ended
/// then.
pub(super) fn run(
    name: &str,
    command: &mut Command,
    log: &Path,
    screen: &Screen,
    stop: &AtomicBool,
) -> Result<Duration> {
    let began = Instant::now();
    let out = begin(command, log).with_context(|| format!("could not write {}", log.display()))?;
    let both = out
        .try_clone()
        .with_context(|| format!("could not open {} twice", log.display()))?;
    let shown = command.get_program().display().to_string();
    let command = command.stdin(Stdio::null()).stdout(out).stderr(both);
    let mut program = Running::start(&shown, command)?;
    let live = |said: &str| screen.live(&format!("{name}: {said}"));
    let status = wait(&mut program, log, stop, &live).with_context(|| name.to_owned())?;
    // Whoever stops us from a terminal stops the program with the same keys.
    stop::check(stop)?;
    if status.success() {
        return Ok(began.elapsed());
    }
    Err(Failed {
        name: name.to_owned(),
        status,
        log: log.to_owned(),
        last_lines: last_lines(log),
    }
    .into())
}

fn begin(command: &Command, log: &Path) -> io::Result<File> {
    let mut file = File::options().create(true).append(true).open(log)?;
    let words: Vec<_> = [command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .map(|word| word.display().to_string())
        .collect();
    writeln!(file, "$ {}", words.join(" "))?;
    Ok(file)
}

fn wait(
    program: &mut Running,
    log: &Path,
    stop: &AtomicBool,
    live: &dyn Fn(&str),
) -> Result<ExitStatus> {
    let mut newest = Newest::of(log).context("could not read the log")?;
    loop {
        stop::check(stop)?;
        if let Some(status) = program.ended()? {
            return Ok(status);
        }
        if let Some(line) = newest.line().context("could not read the log")? {
            live(&line);
        }
        thread::sleep(LOOK);
    }
}

/// The newest line of a file that grows.
struct Newest {
    file: File,
    unread: Vec<u8>,
}

impl Newest {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            unread: Vec::new(),
        })
    }

    /// The last whole line that is not empty since the last call.
    fn line(&mut self) -> io::Result<Option<String>> {
        self.file.read_to_end(&mut self.unread)?;
        let Some(end) = self.unread.iter().rposition(|&byte| byte == b'\n') else {
            return Ok(None);
        };
        let whole: Vec<u8> = self.unread.drain(..=end).collect();
        let text = String::from_utf8_lossy(&whole);
        Ok(text
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .map(str::to_owned))
    }
}

/// The end of a log, each line indented.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(LAST_LINES)..];
    let shown: Vec<String> = shown
        .iter()
        .map(|line| format!("  {}", printable(line)))
        .collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Failed, LAST_LINES, Newest, run};
    use crate::demo::screen::Screen;
    use anyhow::Result;
    use std::io::Write as _;
    use std::path::Path;
    use std::process::Command;
    use std::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};

    fn shell(script: &str, log: &Path, stop: bool) -> Result<Duration> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        run(
            "test",
            &mut command,
            log,
            &Screen::hidden(),
            &AtomicBool::new(stop),
        )
    }

    #[test]
    fn the_log_has_the_command_and_all_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("test.log");
        shell("echo one; echo two >&2; echo three", &log, false).unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        let expected = "$ sh -c echo one; echo two >&2; echo three\none\ntwo\nthree\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_failure_keeps_its_code_and_shows_the_end_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("test.log");
        let error = shell("seq 100; exit 3", &log, false).unwrap_err();
        let failed = error.downcast_ref::<Failed>().expect("a failed program");
        assert_eq!(failed.code(), 3);
        let shown = failed.to_string();
        assert_eq!(shown.lines().count(), 2 + LAST_LINES);
        assert!(shown.contains("exit status: 3"), "{shown}");
        let end = format!("\n  99\n  100\nthe whole log: {}", log.display());
        assert!(shown.ends_with(&end), "{shown}");

        let error = shell("kill -KILL $$", &log, false).unwrap_err();
        let failed = error.downcast_ref::<Failed>().expect("a failed program");
        assert_eq!(failed.code(), 137);
    }

    #[test]
    fn a_stop_ends_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let error = shell("exec sleep 50", &folder.path().join("test.log"), true).unwrap_err();
        assert_eq!(format!("{error:#}"), "test: stopped");
        assert!(began.elapsed() < Duration::from_secs(40), "it waited");
    }

    #[test]
    fn the_newest_whole_line_is_shown_once() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut newest = Newest::of(file.path()).unwrap();
        let mut then = |text: &str| {
            file.write_all(text.as_bytes()).unwrap();
            newest.line().unwrap()
        };
        assert_eq!(then("one\ntwo\nthr"), Some("two".to_owned()));
        assert_eq!(then(""), None);
        assert_eq!(then("ee\n\n"), Some("three".to_owned()));
    }
}
