//! Folders and files made whole or not at all: a path goes in, a folder beside it comes out, which takes its place at
//! the end.

use anyhow::Context;
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder beside its final place; removed when dropped before [`StagedDir::commit`].
#[derive(Debug)]
pub(crate) struct StagedDir {
    out: PathBuf,
    staged: PathBuf,
}

impl StagedDir {
    /// Begins a folder that shall be `out`, which must not exist or be empty.
    ///
    /// # Errors
    /// `out` is in use, or the disk's.
    pub(crate) fn begin(out: &Path) -> anyhow::Result<Self> {
        let (parent, name) = parent_and_name(out)?;
        refuse_used(out)?;
        create_folder(parent)?;
        let staged = parent.join(format!(".{name}.{}.partial", std::process::id()));
        fs::create_dir(&staged)
            .with_context(|| format!("{}: cannot make the folder", staged.display()))?;
        Ok(Self {
            out: out.to_owned(),
            staged,
        })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.staged
    }

    /// Puts the folder in place.
    ///
    /// # Errors
    /// `out` came into use meanwhile, or the disk's.
    pub(crate) fn commit(self) -> anyhow::Result<()> {
        refuse_used(&self.out)?;
        put_in_place(&self.staged, &self.out)
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        // After a commit it is gone already; otherwise there is no better place to report a failure than the error
        // that led here.
        let _ = fs::remove_dir_all(&self.staged);
    }
}

/// A file, whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    needledrop_bundle::write_atomic(path, bytes)
        .with_context(|| format!("{}: cannot write", path.display()))
}

fn refuse_used(out: &Path) -> anyhow::Result<()> {
    match is_free(out)? {
        true => Ok(()),
        false => Err(in_use(out)),
    }
}

/// Whether nothing is at `out`, or an empty folder.
pub(crate) fn is_free(out: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(out) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => {
            Err(error).with_context(|| format!("{}: cannot be the output folder", out.display()))
        }
    }
}

/// Why `out` can't be made.
pub(crate) fn in_use(out: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{}: exists and is not empty; delete it or choose another --out",
        out.display()
    )
}

/// The folder `out` is in, and its own name.
pub(crate) fn parent_and_name(out: &Path) -> anyhow::Result<(&Path, Cow<'_, str>)> {
    let name = out
        .file_name()
        .with_context(|| format!("{}: is not a folder name", out.display()))?;
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Ok((parent, name.to_string_lossy()))
}

/// Makes a folder and those it is in, as far as they are not there.
pub(crate) fn create_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot make the folder", folder.display()))
}

/// Renames `folder` to `out`, where nothing or an empty folder is.
pub(crate) fn put_in_place(folder: &Path, out: &Path) -> anyhow::Result<()> {
    // Not every platform renames onto an empty folder.
    if out.is_dir() {
        fs::remove_dir(out).with_context(|| format!("{}: cannot be replaced", out.display()))?;
    }
    fs::rename(folder, out).with_context(|| format!("{}: cannot be put in place", out.display()))
}
