//! The private folder on the board; it goes when the connection goes.
use super::{
    answer,
    ssh::{self, Connection, SSH_FAILED},
};
use anyhow::{Context as _, Result, bail};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Stdio},
};

/// A fresh folder there, removed by the board itself when this is dropped or the connection ends.
#[derive(Debug)]
pub(super) struct Folder {
    path: String,
    session: Child,
    /// Its end is what the board waits for.
    stdin: Option<ChildStdin>,
}

impl Folder {
    /// Has the board make it.
    ///
    /// # Errors
    /// It cannot, or the connection was lost.
    pub(super) fn open(connection: &mut Connection) -> Result<Self> {
        let mut session = connection
            .session("sh -s")
            .stdin(Stdio::piped())
            .spawn()
            .context("could not start ssh")?;
        let mut stdin = session.stdin.take();
        if let Some(stdin) = &mut stdin {
            // When the board does not read it, no folder comes below.
            let _ = stdin.write_all(include_bytes!("board/folder.sh"));
        }
        let words = session.stderr.take().map(answer::collect);
        let lines = session.stdout.take().map(BufReader::new);
        let path = lines
            .into_iter()
            .flat_map(|lines| lines.lines().map_while(Result::ok))
            .find_map(|line| {
                answer::fact(&line)
                    .and_then(|(key, path)| (key == "folder").then(|| path.to_owned()))
            });
        match path {
            Some(path) if is_ours(&path) => Ok(Self {
                path,
                session,
                stdin,
            }),
            other => {
                drop(stdin);
                ssh::end(&mut session);
                let words = words.map(answer::join).unwrap_or_default();
                if session
                    .wait()
                    .is_ok_and(|status| status.code() == Some(SSH_FAILED))
                {
                    connection.check(&words)?;
                }
                bail!(
                    "{} could not make a folder in /var/tmp: {}",
                    connection.destination(),
                    other.unwrap_or(words).trim()
                )
            }
        }
    }

    /// Its path there: of plain characters only.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Has the board remove it now.
    pub(super) fn close(self) {
        drop(self);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.stdin = None;
        ssh::end(&mut self.session);
    }
}

/// What `mktemp` makes of the template in `folder.sh`, and nothing else: it goes into commands.
fn is_ours(path: &str) -> bool {
    path.strip_prefix("/var/tmp/needledrop.")
        .is_some_and(|end| end.len() == 6 && end.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn a_board_cannot_choose_what_goes_into_commands() {
        assert!(is_ours("/var/tmp/needledrop.aB3dE6"));
        for path in [
            "/var/tmp/needledrop.a;b;cd",
            "/",
            "/var/tmp/needledrop.",
            "/var/tmp/needledrop.../etc",
        ] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
