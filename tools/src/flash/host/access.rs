//! Becoming root on the board: what the board says of sudo in, the words that start root's commands out.
use super::{
    answer::Answer,
    facts::{Facts, Sudo},
    ssh::{self, Connection},
};
use anyhow::{Context as _, Result, bail};
use crossterm::{
    event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    terminal,
};
use std::{
    fmt,
    io::{self, IsTerminal as _},
};

/// As often as sudo itself asks.
const ATTEMPTS: usize = 3;

/// How root's commands are started there.
pub(super) enum Access {
    /// The user is root.
    Root,
    /// sudo asks nothing.
    Free,
    /// sudo is told this password.
    Password(String),
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "Root",
            Self::Free => "Free",
            Self::Password(_) => "Password",
        })
    }
}

impl Access {
    /// Asks for the password if sudo wants one, and tries it.
    ///
    /// # Errors
    /// Nobody is here to type it, or sudo says no.
    pub(super) fn gain(connection: &mut Connection, facts: &Facts) -> Result<Self> {
        let place = connection.destination().clone();
        match facts.sudo() {
            Sudo::Root => return Ok(Self::Root),
            Sudo::Free => return Ok(Self::Free),
            Sudo::Missing => bail!("there is no sudo on {place}: log in as root"),
            Sudo::Password => {}
        }
        let user = facts.user();
        if !io::stdin().is_terminal() {
            bail!(
                "sudo on {place} does not let {user} in without a password, and nobody is here to type one: run this \
                 in a terminal, or log in as a user who may (on Raspberry Pi OS the first user)"
            );
        }
        for _ in 0..ATTEMPTS {
            let access =
                Self::Password(read_password(&format!("password of {user} on {place}: "))?);
            let answer = access.ask(connection, "true", "", &mut |_| ())?;
            if answer.status == 0 {
                return Ok(access);
            }
            let words = &answer.words;
            if words.contains("not in the sudoers") || words.contains("not allowed") {
                bail!(
                    "{user} may not use sudo on {place}: log in as a user who may (on Raspberry Pi OS the first user), \
                     or as root"
                );
            }
            eprintln!("sudo there says no");
        }
        bail!(
            "sudo on {place} took none of {ATTEMPTS} passwords for {user}; nothing was changed there"
        )
    }

    /// The command as root, and what goes before its input.
    pub(super) fn command(&self, command: &str) -> (String, String) {
        match self {
            Self::Root => (command.to_owned(), String::new()),
            Self::Free => (format!("sudo -n {command}"), String::new()),
            // -k: it must ask, or the password would be left for the command to read.
            Self::Password(password) => (
                format!("sudo -k -S -p '' {command}"),
                format!("{password}\n"),
            ),
        }
    }

    /// [`Connection::ask`] as root.
    ///
    /// # Errors
    /// The connection was lost.
    pub(super) fn ask(
        &self,
        connection: &mut Connection,
        command: &str,
        input: &str,
        show: &mut dyn FnMut(&str),
    ) -> Result<Answer> {
        let (command, before) = self.command(command);
        connection.ask(&command, &format!("{before}{input}"), show)
    }

    /// [`Connection::script`] as root; `show` gets each line as it comes.
    ///
    /// # Errors
    /// The connection was lost.
    pub(super) fn script(
        &self,
        connection: &mut Connection,
        script: &str,
        arguments: &[&str],
        show: &mut dyn FnMut(&str),
    ) -> Result<Answer> {
        self.ask(connection, &ssh::shell("sh", arguments), script, show)
    }
}

/// Reads a line without showing it.
fn read_password(question: &str) -> Result<String> {
    eprint!("{question}");
    terminal::enable_raw_mode().context("could not hide what is typed")?;
    let typed = read_hidden();
    terminal::disable_raw_mode().context("could not restore the terminal; run reset")?;
    eprintln!();
    typed
}

fn read_hidden() -> Result<String> {
    let mut typed = String::new();
    loop {
        let Event::Key(key) = event::read().context("could not read the keyboard")? else {
            continue;
        };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(typed),
            // What was typed before it was asked for ends so.
            KeyCode::Char('j') if control => return Ok(typed),
            KeyCode::Char('c' | 'd') if control => {
                bail!("no password was typed; nothing was changed on the board")
            }
            KeyCode::Char('u') if control => typed.clear(),
            KeyCode::Backspace => drop(typed.pop()),
            KeyCode::Char(c) => typed.push(c),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Access;

    #[test]
    fn a_password_goes_through_stdin_and_is_never_shown() {
        let access = Access::Password("secret".to_owned());
        let (command, before) = access.command("sh -s");
        assert_eq!(
            (command.as_str(), before.as_str()),
            ("sudo -k -S -p '' sh -s", "secret\n")
        );
        assert_eq!(format!("{access:?}"), "Password");
    }
}
