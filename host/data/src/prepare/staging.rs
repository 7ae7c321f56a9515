//! The folder beside the output in which everything is made, and the rename at the end.

use crate::DatasetRecord;
use crate::part::PartRecord;
use crate::progress::say;
use crate::staged_dir::{create_folder, in_use, is_free, parent_and_name, put_in_place};
use anyhow::{Context, bail, ensure};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const PLAN: &str = "plan";
const SPOOL: &str = "spool";
const SET: &str = "set";
const SET_PLAN: &str = "set.plan";

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
    /// A finished part of one is there.
    FinishedPart(PartRecord),
}

impl Output {
    /// What is there, in words.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Free => "nothing",
            Self::Finished(_) => "a data set",
            Self::FinishedPart(_) => "a part of a data set",
        }
    }
}

/// Looks at what is at `out`; anything but nothing, an empty folder, a data set or a part of one is refused.
pub(super) fn look(out: &Path) -> anyhow::Result<Output> {
    if is_free(out)? {
        return Ok(Output::Free);
    }
    if let Ok(record) = DatasetRecord::read(out) {
        return Ok(Output::Finished(Box::new(record)));
    }
    if let Ok(part) = PartRecord::read(out) {
        return Ok(Output::FinishedPart(part));
    }
    Err(in_use(out))
}

impl Staging {
    /// Makes the folder, or takes up the one a killed run left if it was made for the same `plan`.
    pub(super) fn begin(out: &Path, plan: &str, resume: bool) -> anyhow::Result<Self> {
        let (parent, root) = root_of(out)?;
        create_folder(parent)?;
        create_folder(&root)?;
        let lock = File::create(root.join(LOCK))
            .with_context(|| format!("{}: cannot make the folder", root.display()))?;
        hold(&lock, out)?;
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
            remove_if_there(&staging.root.join(SET))?;
        }
        create_folder(&staging.spool())?;
        clear(&staging.spool())?;
        needledrop_bundle::write_atomic(&staging.root.join(PLAN), plan.as_bytes())
            .with_context(|| format!("{}: cannot write", staging.root.display()))?;
        Ok(staging)
    }

    /// Folder of the spool.
    pub(super) fn spool(&self) -> PathBuf {
        self.root.join(SPOOL)
    }

    /// Folder that becomes the output. Shards that a killed run finished are still in it if it had the same `plan`.
    pub(super) fn set(&self, plan: &str) -> anyhow::Result<PathBuf> {
        let set = self.root.join(SET);
        let note = self.root.join(SET_PLAN);
        if fs::read_to_string(&note).ok().as_deref() != Some(plan) {
            remove_if_there(&set)?;
        }
        create_folder(&set)?;
        clear(&set)?;
        needledrop_bundle::write_atomic(&note, plan.as_bytes())
            .with_context(|| format!("{}: cannot write", self.root.display()))?;
        Ok(set)
    }

    /// Puts `folder`, one of the two, in place of the output and gives that; the rest is removed.
    pub(super) fn commit(self, folder: &Path) -> anyhow::Result<PathBuf> {
        ensure!(
            matches!(look(&self.out)?, Output::Free),
            "{}: something was put there meanwhile",
            self.out.display()
        );
        put_in_place(folder, &self.out)?;
        Ok(self.out.clone())
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

/// Removes what a run left that was killed after it had put its output in place, or while it removed it itself.
pub(super) fn remove_left(out: &Path) -> anyhow::Result<()> {
    let (_, root) = root_of(out)?;
    if !root.is_dir() {
        return Ok(());
    }
    let lock = File::create(root.join(LOCK))
        .with_context(|| format!("{}: cannot be removed", root.display()))?;
    hold(&lock, out)?;
    remove_if_there(&root)
}

/// The folder `out` is in, and the one beside it in which it is made.
fn root_of(out: &Path) -> anyhow::Result<(&Path, PathBuf)> {
    let (parent, name) = parent_and_name(out)?;
    Ok((parent, parent.join(format!(".{name}.partial"))))
}

fn hold(lock: &File, out: &Path) -> anyhow::Result<()> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!("{}: another prepare is writing it", out.display()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{}: cannot be locked", out.display()))
        }
    }
}

/// Frees a folder of what a killed run was writing into it.
fn clear(folder: &Path) -> anyhow::Result<()> {
    needledrop_bundle::remove_left_by_kill(folder)
        .with_context(|| format!("{}: cannot be cleared", folder.display()))
}

fn remove_if_there(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
