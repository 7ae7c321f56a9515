//! Folders made whole or not at all.

use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder beside its final place; removed when dropped before [`StagedDir::commit`].
#[derive(Debug)]
pub struct StagedDir {
    out: PathBuf,
    staged: PathBuf,
}

impl StagedDir {
    /// Begins a folder that shall be `out`, which must not exist or be empty.
    ///
    /// # Errors
    /// `out` is in use, or the disk's.
    pub fn begin(out: &Path) -> anyhow::Result<Self> {
        let name = out
            .file_name()
            .with_context(|| format!("{}: is not a folder name", out.display()))?;
        refuse_used(out)?;
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent)
            .with_context(|| format!("{}: cannot make the folder", parent.display()))?;
        let staged = parent.join(format!(
            ".{}.{}.partial",
            name.to_string_lossy(),
            std::process::id()
        ));
        fs::create_dir(&staged)
            .with_context(|| format!("{}: cannot make the folder", staged.display()))?;
        Ok(Self {
            out: out.to_owned(),
            staged,
        })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.staged
    }

    /// Puts the folder in place.
    ///
    /// # Errors
    /// `out` came into use meanwhile, or the disk's.
    pub fn commit(self) -> anyhow::Result<()> {
        refuse_used(&self.out)?;
        // Not every platform renames onto an empty folder.
        if self.out.is_dir() {
            fs::remove_dir(&self.out)
                .with_context(|| format!("{}: cannot be replaced", self.out.display()))?;
        }
        fs::rename(&self.staged, &self.out)
            .with_context(|| format!("{}: cannot be put in place", self.out.display()))
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        // After a commit it is gone already; otherwise there is no better place to report a failure than the error
        // that led here.
        let _ = fs::remove_dir_all(&self.staged);
    }
}

fn refuse_used(out: &Path) -> anyhow::Result<()> {
    match fs::read_dir(out) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!(
                "{}: exists and is not empty; delete it or choose another --out",
                out.display()
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("{}: cannot be the output folder", out.display()))
        }
    }
}
