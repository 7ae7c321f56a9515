//! One trainer a run folder: the folder is locked while one writes, and one that holds something is refused.

use crate::error::Error;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Name of the file that is locked; it is there only while a trainer is, or after a kill.
const LOCK: &str = ".lock";

/// The run folder, held by this process.
///
/// Dropped, it leaves a folder of its own making only if something is in it.
pub(crate) struct RunLock {
    run: PathBuf,
    made: bool,
    file: Option<File>,
}

impl RunLock {
    /// Makes the folder if need be, and holds it.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process trains into it; [`Error::Io`].
    pub(crate) fn take(run: &Path) -> Result<Self, Error> {
        let made = !run.exists();
        fs::create_dir_all(run).map_err(Error::io(run))?;
        let path = run.join(LOCK);
        let file = File::create(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                run: run.to_owned(),
                made,
                file: Some(file),
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy {
                path: run.to_owned(),
            }),
            Err(TryLockError::Error(reason)) => Err(Error::io(&path)(reason)),
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A file that can't be deleted is in nobody's way: the lock goes with the handle.
        let _ = fs::remove_file(self.run.join(LOCK));
        drop(self.file.take());
        if self.made {
            // Fails on purpose when a checkpoint or a finished run is in it.
            let _ = fs::remove_dir(&self.run);
        }
    }
}

/// Refuses a run folder that holds something, unless its run is to go on.
///
/// # Errors
/// [`Error::NotEmpty`].
pub(crate) fn refuse_used(run: &Path, resume: bool) -> Result<(), Error> {
    match resume {
        true => Ok(()),
        false => refuse_full(run, "continue it with --resume"),
    }
}

/// Refuses a run folder that holds something; `instead` says what to do with that.
///
/// # Errors
/// [`Error::NotEmpty`].
pub(crate) fn refuse_full(run: &Path, instead: &'static str) -> Result<(), Error> {
    if !is_used(run) {
        return Ok(());
    }
    Err(Error::NotEmpty {
        path: run.to_owned(),
        instead,
    })
}

/// Whether a run folder holds anything but a lock that a killed trainer left.
fn is_used(run: &Path) -> bool {
    fs::read_dir(run).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_str() != Some(LOCK))
    })
}

#[cfg(test)]
mod tests {
    use super::{Error, LOCK, RunLock, is_used};

    #[test]
    fn a_second_trainer_is_refused_and_an_empty_folder_goes() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run");
        let lock = RunLock::take(&run).unwrap();
        assert!(matches!(RunLock::take(&run), Err(Error::Busy { .. })));
        assert!(!is_used(&run));
        drop(lock);
        assert!(!run.exists());
    }

    #[test]
    fn a_lock_that_a_kill_left_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK), "").unwrap();
        assert!(!is_used(dir.path()));
        drop(RunLock::take(dir.path()).unwrap());
        assert!(dir.path().exists(), "not of our making");
        std::fs::write(dir.path().join("model.onnx"), "").unwrap();
        assert!(is_used(dir.path()));
    }
}
