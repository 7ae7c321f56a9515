//! The password, which never stands on the command line where every user of the machine could read it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Most bytes of a password that MQTT can carry.
const LONGEST_BYTES: usize = 65_535;

/// A password and what is to be said about its file.
#[derive(PartialEq, Eq)]
pub(super) struct Password {
    /// The bytes that the broker compares.
    pub(super) bytes: Vec<u8>,
    /// The file is readable by others.
    pub(super) warning: Option<String>,
}

/// Reads the file; one line end at its end is not part of the password.
///
/// # Errors
/// The file can't be read, is empty, or too long.
pub(super) fn read(path: &Path) -> Result<Password> {
    let mut bytes = fs::read(path)
        .with_context(|| format!("could not read the password file {}", path.display()))?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.is_empty() {
        bail!(
            "the password file {} is empty; put the password into its first line",
            path.display()
        );
    }
    if bytes.len() > LONGEST_BYTES {
        bail!(
            "the password file {} has {} bytes, a password at most {LONGEST_BYTES}; is it the right file?",
            path.display(),
            bytes.len()
        );
    }
    Ok(Password {
        bytes,
        warning: warning(path),
    })
}

#[cfg(unix)]
fn warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("others may read the password file {path} (mode {mode:o}); run: chmod 600 {path}")
    })
}

/// Who may read a file is another matter on other systems.
#[cfg(not(unix))]
fn warning(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::fs;

    #[test]
    fn only_the_line_end_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, password) in [
            (&b"secret\n"[..], &b"secret"[..]),
            (b"secret\r\n", b"secret"),
            (b"secret", b"secret"),
            (b" sec ret \n\n", b" sec ret \n"),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(read(&path).unwrap().bytes, password);
        }
    }

    #[test]
    fn an_empty_or_missing_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let said = |path| format!("{:#}", read(path).err().unwrap());
        assert!(said(&path).contains("password"));
        fs::write(&path, "\n").unwrap();
        assert!(said(&path).contains("is empty"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_warned_of() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "secret").unwrap();
        for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().warning.is_some(), warned, "{mode:o}");
        }
    }
}
