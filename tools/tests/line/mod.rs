//! A pseudo-terminal in the place of a serial line.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tempfile::TempDir;

/// A cable with its far end in hand; dropping it pulls the plug, and its name is gone, too. No program that is started
/// meanwhile inherits either end.
pub(crate) struct Line {
    /// Where the reader is: a link, since the names of pseudo-terminals are given again at once.
    pub(crate) path: String,
    // Fields are dropped in this order: a name never leads to what another test has by then.
    _link: Link,
    _folder: Option<TempDir>,
    far: File,
    /// Keeps what was written before the reader came.
    _near: File,
}

impl Line {
    /// A new cable with a name of its own.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut line = Self::named(&folder.path().join("port"));
        line._folder = Some(folder);
        line
    }

    /// A new cable of this name.
    pub(crate) fn named(name: &Path) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = openpt(flags).expect("a pseudo-terminal");
        grantpt(&far).expect("its near end");
        unlockpt(&far).expect("its near end");
        let path = ptsname(&far, Vec::new()).expect("its name");
        let path = path.into_string().expect("ASCII");
        let near = File::options().read(true).write(true).open(&path);
        let near = near.expect("its near end");
        let mut raw = tcgetattr(&near).expect("its settings");
        raw.make_raw();
        tcsetattr(&near, OptionalActions::Now, &raw).expect("raw bytes");
        symlink(path, name).expect("a link");
        Self {
            path: name.to_str().expect("UTF-8").to_owned(),
            _link: Link(name.to_owned()),
            _folder: None,
            far: File::from(far),
            _near: near,
        }
    }

    /// Sends bytes to the reader.
    pub(crate) fn says(&mut self, bytes: &[u8]) {
        self.far.write_all(bytes).expect("room on the line");
    }
}

/// Removed when dropped.
struct Link(PathBuf);

impl Drop for Link {
    fn drop(&mut self) {
        // At the worst it stays in a temporary folder.
        let _ = fs::remove_file(&self.0);
    }
}
