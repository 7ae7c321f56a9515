//! The folder beside the output in which everything is made, and the rename at the end.

use super::spool;
use crate::data::DatasetRecord;
use crate::progress::say;
use anyhow::{Context, bail, ensure};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const PLAN: &str = "plan";
const SPOOL: &str = "spool";
const SET: &str = "set";

/// `.<name>.partial`; removed when dropped uncommitted, so that a failed run leaves nothing. A kill leaves it.
pub(super) struct Staging {
    out: PathBuf,
    root: PathBuf,
    /// Held until the end: two runs on one output would write the same files.
    _lock: File,
}

/// Whether the output can be made.
pub(super) enum Output {
    /// Nothing is there.
    Free,
    /// A finished data set is there.
    Finished(Box<DatasetRecord>),
}

/// Looks at what is at `out`; anything but nothing, an empty folder or a data set is refused.
pub(super) fn look(out: &Path) -> anyhow::Result<Output> {
    let mut entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Output::Free),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{}: cannot be the output folder", out.display()));
        }
    };
    if entries.next().is_none() {
        return Ok(Output::Free);
    }
    match DatasetRecord::read(out) {
        Ok(record) => Ok(Output::Finished(Box::new(record))),
        Err(_) => bail!(
            "{}: exists and is not empty; delete it or choose another --out",
            out.display()
        ),
    }
}

impl Staging {
    /// Makes the folder, or takes up the one a killed run left if it was made for the same `plan`.
    pub(super) fn begin(out: &Path, plan: &str, resume: bool) -> anyhow::Result<Self> {
        let name = out
            .file_name()
            .with_context(|| format!("{}: is not a folder name", out.display()))?;
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        spool::create_folder(parent)?;
        let root = parent.join(format!(".{}.partial", name.to_string_lossy()));
        let failed = || format!("{}: cannot make the folder", root.display());
        fs::create_dir_all(&root).with_context(failed)?;
        let lock = File::create(root.join(LOCK)).with_context(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("{}: another prepare is writing it", out.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        let staging = Self {
            out: out.to_owned(),
            root,
            _lock: lock,
        };
        let left_plan = fs::read_to_string(staging.root.join(PLAN)).ok();
        let reuse = resume && left_plan.as_deref() == Some(plan);
        if resume && !reuse {
            say(match left_plan {
                Some(_) => "files or options changed since the run that was killed: starting again",
                None => "no killed run to continue: starting from the beginning",
            });
        }
        if !reuse {
            remove_if_there(&staging.spool())?;
        }
        remove_if_there(&staging.set())?;
        spool::create_folder(&staging.spool())?;
        spool::create_folder(&staging.set())?;
        needledrop_bundle::write_atomic(&staging.root.join(PLAN), plan.as_bytes())
            .with_context(|| format!("{}: cannot write", staging.root.display()))?;
        Ok(staging)
    }

    /// Folder of the spool.
    pub(super) fn spool(&self) -> PathBuf {
        self.root.join(SPOOL)
    }

    /// Folder that becomes the output.
    pub(super) fn set(&self) -> PathBuf {
        self.root.join(SET)
    }

    /// Puts the data set in place; the rest is removed.
    pub(super) fn commit(self) -> anyhow::Result<()> {
        ensure!(
            matches!(look(&self.out)?, Output::Free),
            "{}: something was put there meanwhile",
            self.out.display()
        );
        // Not every platform renames onto an empty folder.
        if self.out.is_dir() {
            fs::remove_dir(&self.out)
                .with_context(|| format!("{}: cannot be replaced", self.out.display()))?;
        }
        fs::rename(self.set(), &self.out)
            .with_context(|| format!("{}: cannot be put in place", self.out.display()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.root) {
            say(format_args!(
                "{}: could not be removed: {error}",
                self.root.display()
            ));
        }
    }
}

fn remove_if_there(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
