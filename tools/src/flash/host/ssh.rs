//! One ssh connection for everything: a master that stays, and sessions through it.
//!
//! It is the system's own `ssh`, so that a person's configuration, keys, agent and known hosts count. The sessions
//! read no configuration and open no connection: without the master they fail, and a line that was cut stays cut.
use super::{
    answer::{Answer, collect, join, printable},
    destination::Destination,
    refusal,
};
use anyhow::{Context as _, Result, bail};
use std::{
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// Pause between two looks at a starting or ending ssh.
const PAUSE: Duration = Duration::from_millis(50);
/// Looks at a master that may be ending: 2 s.
const LOOKS: u32 = 40;
/// Looks at an ending ssh before it is killed: 10 s, in which the board cleans up.
const LAST_LOOKS: u32 = 200;
/// The master's socket in its folder; short, because the whole path may have some 100 bytes.
const SOCKET: &str = "c";
/// What ssh itself exits with when it failed; anything else is the remote command's.
pub(super) const SSH_FAILED: i32 = 255;

/// What a person's configuration may not change: one master, no terminal, no forwarding, words that can be read.
const FIXED: [&str; 7] = [
    "ControlPersist=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "LogLevel=INFO",
    "ForwardX11=no",
];
/// What holds unless a person's options say otherwise; a line that died is noticed after 15 s.
const USUAL: [&str; 3] = [
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
];

/// An open connection; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    destination: Destination,
    options: Vec<String>,
    /// Holds the socket of the master; nobody else can enter it.
    folder: TempDir,
    master: Child,
}

impl Connection {
    /// Connects and logs in; `options` are a person's `-o` options.
    ///
    /// # Errors
    /// ssh is not here, or could not connect or log in.
    pub(super) fn open(destination: &Destination, options: &[String]) -> Result<Self> {
        Self::connect(destination, options, io::stdin().is_terminal())
    }

    /// Connects anew, without a question: the terminal may be in use.
    ///
    /// # Errors
    /// As for [`Connection::open`].
    pub(super) fn reopen(&mut self) -> Result<()> {
        *self = Self::connect(&self.destination, &self.options, false)?;
        Ok(())
    }

    fn connect(destination: &Destination, options: &[String], asks: bool) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("needledrop-ssh.")
            .tempdir()
            .context("could not make a private folder for the connection")?;
        let batch = if asks {
            "BatchMode=no"
        } else {
            "BatchMode=yes"
        };
        let mut command = Command::new("ssh");
        command
            .args(["-M", "-N", "-T", "-S"])
            .arg(folder.path().join(SOCKET));
        let fixed = FIXED.iter().copied();
        let usual = [batch].into_iter().chain(USUAL);
        for option in fixed.chain(options.iter().map(String::as_str)).chain(usual) {
            command.args(["-o", option]);
        }
        if let Some(port) = destination.port {
            command.args(["-p", &port.to_string()]);
        }
        let mut master = command
            .arg("--")
            .arg(destination.user_at_host())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|failed| missing(&failed))?;
        let words = master.stderr.take().map(collect);
        let socket = folder.path().join(SOCKET);
        // ssh listens there once the board has let it in. Until then it may be asking for a password.
        while !socket.exists() {
            if master
                .try_wait()
                .context("could not wait for ssh")?
                .is_some()
            {
                let words = words.map(join).unwrap_or_default();
                bail!("{}", refusal::sentence(destination, &words));
            }
            thread::sleep(PAUSE);
        }
        Ok(Self {
            destination: destination.clone(),
            options: options.to_vec(),
            folder,
            master,
        })
    }

    /// The process that is the connection; it ends when that does.
    pub(super) fn process(&self) -> u32 {
        self.master.id()
    }

    /// A session that runs `command` in the login shell there.
    pub(super) fn session(&self, command: &str) -> Command {
        let mut session = Command::new("ssh");
        session
            .args(["-F", "none", "-T", "-S"])
            .arg(self.folder.path().join(SOCKET))
            .args(["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"])
            // A session without its master would connect anew, to wherever this name leads then.
            .args(["-o", "ControlMaster=no", "-o", "ProxyCommand=exit 1"])
            .arg("--")
            .arg(self.destination.user_at_host())
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        session
    }

    /// Sends `input` to `command` and reads its answer; `show` gets each line of stdout as it comes.
    ///
    /// # Errors
    /// The connection was lost.
    pub(super) fn ask(
        &mut self,
        command: &str,
        input: &str,
        show: &mut dyn FnMut(&str),
    ) -> Result<Answer> {
        let mut session = self
            .session(command)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|failed| missing(&failed))?;
        let words = session.stderr.take().map(collect);
        if let Some(mut stdin) = session.stdin.take() {
            // A command that did not read all of it says so by its status.
            let _ = stdin.write_all(input.as_bytes());
        }
        let mut answer = Answer::default();
        if let Some(stdout) = session.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = printable(&line);
                show(&line);
                answer.lines.push(line);
            }
        }
        let status = session.wait().context("could not wait for ssh")?;
        answer.words = words.map(join).unwrap_or_default();
        answer.status = status.code().unwrap_or(SSH_FAILED);
        if answer.status == SSH_FAILED {
            self.check(&answer.words)?;
        }
        Ok(answer)
    }

    /// Runs a script of ours, whatever the login shell is.
    ///
    /// # Errors
    /// The connection was lost.
    pub(super) fn script(&mut self, script: &str, arguments: &[&str]) -> Result<Answer> {
        self.ask(&shell("sh", arguments), script, &mut |_| ())
    }

    /// An error when the connection is lost; `words` is what a session said that failed.
    ///
    /// # Errors
    /// It is lost.
    pub(super) fn check(&mut self, words: &str) -> Result<()> {
        // The session may notice it first.
        for _ in 0..LOOKS {
            if self.is_lost() {
                bail!("the connection to {} was lost", self.destination);
            }
            thread::sleep(PAUSE);
        }
        let words = words.trim();
        bail!(
            "{} takes no more sessions on its connection; ssh: {words}",
            self.destination
        )
    }

    /// Whether it has ended.
    pub(super) fn is_lost(&mut self) -> bool {
        !matches!(self.master.try_wait(), Ok(None))
    }

    /// The place it leads to.
    pub(super) fn destination(&self) -> &Destination {
        &self.destination
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Asked first: it then says goodbye to the board and takes its socket away.
        let _ = Command::new("ssh")
            .args(["-F", "none", "-O", "exit", "-S"])
            .arg(self.folder.path().join(SOCKET))
            .arg("--")
            .arg(self.destination.user_at_host())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        end(&mut self.master);
    }
}

/// `SHELL -s -- ARGUMENTS`, each argument one word for any shell.
pub(super) fn shell(shell: &str, arguments: &[&str]) -> String {
    let mut command = format!("{shell} -s --");
    for argument in arguments {
        command.push_str(&format!(" '{}'", argument.replace('\'', "'\\''")));
    }
    command
}

/// Waits for the end of a process that was asked to end, and kills it after 10 s.
pub(super) fn end(process: &mut Child) {
    for _ in 0..LAST_LOOKS {
        if !matches!(process.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(PAUSE);
    }
    let _ = process.kill();
    let _ = process.wait();
}

/// Whether ssh is on this machine; asked before anything is built for it.
///
/// # Errors
/// It is not.
pub fn require_ssh() -> Result<()> {
    Command::new("ssh")
        .arg("-V")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(drop)
        .map_err(|failed| missing(&failed))
}

fn missing(failed: &io::Error) -> anyhow::Error {
    if failed.kind() == io::ErrorKind::NotFound {
        anyhow::anyhow!(
            "ssh is not installed on this machine: install OpenSSH's client (Debian: sudo apt-get install \
             openssh-client)"
        )
    } else {
        anyhow::anyhow!("could not start ssh: {failed}")
    }
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn every_argument_is_one_word_for_the_shell() {
        assert_eq!(
            shell("sh", &["/var/tmp/a", "it's $HOME"]),
            r"sh -s -- '/var/tmp/a' 'it'\''s $HOME'"
        );
    }
}
