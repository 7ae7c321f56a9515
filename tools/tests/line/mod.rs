//! A pseudo-terminal in the place of a serial line.

use std::fs::File;
use std::io::Write as _;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A cable with its far end in hand; dropping it pulls the plug. No program started meanwhile inherits either end.
pub(crate) struct Line {
    /// Where the reader is.
    pub(crate) path: String,
    far: File,
    /// Keeps what was written before the reader came.
    _near: File,
}

impl Line {
    /// A new cable, its name not given to any other while it lives.
    pub(crate) fn new() -> Self {
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
        Self {
            path,
            far: File::from(far),
            _near: near,
        }
    }

    /// Sends bytes to the reader.
    pub(crate) fn says(&mut self, bytes: &[u8]) {
        self.far.write_all(bytes).expect("room on the line");
    }
}
