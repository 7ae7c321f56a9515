//! What is sent: the package, the model, the installing script, and the list of their SHA-256.
use super::{
    answer,
    destination::Destination,
    folder::Folder,
    ssh::{Connection, SSH_FAILED},
};
use crate::flash::{
    digest::sha256_hex,
    model::BoardModel,
    package::Package,
    talk::{MEGABYTE_BYTES, say},
};
use anyhow::{Context as _, Result, bail};
use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write as _},
    process::Stdio,
    time::Instant,
};

/// What goes over in one piece.
const PIECE_BYTES: usize = 64 << 10;
/// Name of the list.
const LIST: &str = "SHA256SUMS";

/// The files, and how far they have come.
#[derive(Debug, Default)]
pub(super) struct Payload {
    files: Vec<(&'static str, Vec<u8>)>,
    /// Set once the board's own part was started.
    started: Cell<bool>,
}

impl Payload {
    /// Takes the package and the model.
    pub(super) fn fill(&mut self, package: Package, model: Option<&BoardModel>) {
        self.files = vec![
            ("install.sh", include_bytes!("board/install.sh").to_vec()),
            ("package.deb", package.bytes),
        ];
        if let Some(model) = model {
            self.files.push(("model.onnx", model.onnx.clone()));
            if let Some(signature) = &model.signature {
                self.files.push(("model.onnx.minisig", signature.clone()));
            }
        }
    }

    /// Size of all files.
    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The list of digests, as `sha256sum` writes it.
    fn list(&self) -> String {
        self.files
            .iter()
            .map(|(name, bytes)| format!("{}  {name}\n", sha256_hex(bytes)))
            .collect()
    }

    /// SHA-256 of the list: who has it can check all files.
    pub(super) fn digest(&self) -> String {
        sha256_hex(self.list().as_bytes())
    }

    /// From now on the board goes on by itself.
    pub(super) fn mark_started(&self) {
        self.started.set(true);
    }

    /// What a person must know when it ended early.
    pub(super) fn left(&self, place: &Destination) -> String {
        if self.started.get() {
            format!(
                "{place} goes on by itself and ends with the old version whole or the new one: run this again in a \
                 minute"
            )
        } else {
            format!("nothing was changed on {place}: run this again")
        }
    }

    /// Copies everything, and has the board compare every digest.
    ///
    /// # Errors
    /// The connection was lost, the board has no room, or what arrived is not what was sent.
    pub(super) fn send(&self, connection: &mut Connection, folder: &Folder) -> Result<()> {
        let list = self.list();
        let start = Instant::now();
        let total = self.bytes();
        let mut sent = 0;
        let bytes_of = |(name, bytes): &(&'static str, Vec<u8>)| (*name, bytes.clone());
        for (name, bytes) in self
            .files
            .iter()
            .map(bytes_of)
            .chain([(LIST, list.into_bytes())])
        {
            self.send_file(connection, folder, name, &bytes, &mut |count| {
                sent += count as u64;
                show(sent, total);
            })?;
        }
        let answer = connection.script(
            "main() { cd \"$1\" && LC_ALL=C sha256sum --check --quiet SHA256SUMS 2>&1; echo \"@verified=$?\"; }\nmain \
             \"$@\"\n",
            &[folder.path()],
        )?;
        if answer.all("verified").next() != Some("0") {
            bail!(
                "what arrived on {} is not what was sent ({}); nothing was changed there: run this again, and look at \
                 the board's card if it stays so",
                connection.destination(),
                answer
                    .lines
                    .iter()
                    .find(|line| line.ends_with("FAILED"))
                    .map_or("unreadable", String::as_str)
            );
        }
        say(format_args!(
            "copied {:.1} MB in {:.1} s; SHA-256 is right on the board",
            total as f64 / MEGABYTE_BYTES as f64,
            start.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    fn send_file(
        &self,
        connection: &mut Connection,
        folder: &Folder,
        name: &str,
        bytes: &[u8],
        sent: &mut dyn FnMut(usize),
    ) -> Result<()> {
        let mut session = connection
            .session(&format!("cat >{}/{name}", folder.path()))
            .stdin(Stdio::piped())
            .spawn()
            .context("could not start ssh")?;
        let words = session.stderr.take().map(answer::collect);
        if let Some(mut stdin) = session.stdin.take() {
            for piece in bytes.chunks(PIECE_BYTES) {
                // The status says why.
                if stdin.write_all(piece).is_err() {
                    break;
                }
                sent(piece.len());
            }
        }
        let status = session.wait().context("could not wait for ssh")?;
        if status.success() {
            return Ok(());
        }
        let words = words.map(answer::join).unwrap_or_default();
        if status.code() == Some(SSH_FAILED) {
            connection.check(&words)?;
        }
        bail!(
            "{} could not write {name}: {}; nothing was changed there",
            connection.destination(),
            words.trim()
        )
    }
}

/// The share that went over, on a terminal.
fn show(sent: u64, total: u64) {
    let mut err = io::stderr().lock();
    if !err.is_terminal() {
        return;
    }
    let percent = (sent * 100).checked_div(total).unwrap_or(100).min(100);
    // Only a show.
    let _ = write!(
        err,
        "\rflash: copying, {percent:3} % of {:.1} MB\r",
        total as f64 / MEGABYTE_BYTES as f64
    );
    let _ = err.flush();
}

#[cfg(test)]
mod tests {
    use super::Payload;
    use std::cell::Cell;

    #[test]
    fn the_list_is_what_sha256sum_writes() {
        let payload = Payload {
            files: vec![("model.onnx", b"abc".to_vec())],
            started: Cell::new(false),
        };
        assert_eq!(
            payload.list(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  model.onnx\n"
        );
        assert_eq!(payload.bytes(), 3);
    }
}
