//! A file that is there whole or not at all.
use anyhow::{Context as _, Result, bail};
use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};
use tempfile::{Builder, NamedTempFile};

/// Grows beside its place, under another name, and is gone when it is dropped before it is put there.
#[derive(Debug)]
pub(super) struct WholeFile {
    growing: NamedTempFile,
    place: PathBuf,
}

impl WholeFile {
    /// Begins one. What is at its place stays there until [`Self::put`].
    ///
    /// # Errors
    /// Something else than a file is at its place; its folder is missing or can't be written.
    pub(super) fn begin(place: &Path) -> Result<Self> {
        if fs::metadata(place).is_ok_and(|there| !there.is_file()) {
            bail!(
                "{} is there and is no file: give another name",
                place.display()
            );
        }
        let folder = match place.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!(
                "the folder {} is not there: make it, or name another",
                folder.display()
            );
        }
        let growing = Builder::new()
            .prefix(".needledrop-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            // Its own words name a file that nobody asked for.
            .map_err(|failed| io::Error::from(failed.kind()))
            .with_context(|| format!("could not write into the folder {}", folder.display()))?;
        Ok(Self {
            growing,
            place: place.to_owned(),
        })
    }

    /// Where it grows.
    pub(super) fn path(&self) -> &Path {
        self.growing.path()
    }

    /// What it grows in.
    pub(super) fn file(&self) -> &File {
        self.growing.as_file()
    }

    /// Puts it at its place.
    ///
    /// # Errors
    /// The operating system's; what was there before is untouched then.
    pub(super) fn put(self) -> Result<PathBuf> {
        let Self { growing, place } = self;
        growing
            .as_file()
            .sync_all()
            .with_context(|| format!("could not write {}", place.display()))?;
        growing
            .persist(&place)
            .with_context(|| format!("could not put {} in place", place.display()))?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::WholeFile;
    use std::{fs, io::Write as _, path::Path};

    #[test]
    fn what_was_there_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        fs::write(&place, "old").unwrap();
        let write = || {
            let whole = WholeFile::begin(&place).unwrap();
            whole.file().write_all(b"new").unwrap();
            whole
        };
        drop(write());
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(write().put().unwrap(), place);
        assert_eq!(fs::read(&place).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_can_take_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = |place: &Path| WholeFile::begin(place).unwrap_err().to_string();
        assert!(refused(folder.path()).contains("is no file"));
        assert!(refused(&folder.path().join("missing/out")).contains("is not there"));
        assert!(refused(&file.join("out")).contains("is not there"));
    }
}
