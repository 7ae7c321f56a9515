//! Puts a model's folder in place at once: names and bytes in, `models/NAME` out.
//!
//! The files are written into a hidden folder beside the final one and flushed. A new model is renamed into place; an
//! existing one is exchanged for the new in a single step, so that whoever opens it sees the old files or the new,
//! never a mix. File systems that cannot exchange get two renames, the first undone if the second fails.
use crate::model_folder::{FILES, is_notice};
use anyhow::{Context, Result, bail};
use needledrop_bundle::{MAX_NAME_BYTES, is_model_name};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};
use std::{
    fs::{self, File, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder that may be written.
#[derive(Debug)]
pub(crate) struct Place {
    models: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// Checks name and folder before any work is done; makes nothing.
    pub(crate) fn check(models: &Path, name: &str) -> Result<Self> {
        if !is_model_name(name) {
            bail!(
                "--name {name:?} cannot be a model's name; use letters, digits, `-`, `_` and `.`, at most \
                 {MAX_NAME_BYTES}"
            );
        }
        let folder = models.join(name);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => check_is_model(&folder)?,
            Ok(_) => bail!(
                "{} is no folder; move it away or choose another --name",
                folder.display()
            ),
            Err(_) => {}
        }
        Ok(Self {
            models: models.to_owned(),
            folder,
        })
    }

    /// The model's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the files and puts the folder in place.
    pub(crate) fn put(&self, files: &[(&str, Vec<u8>)]) -> Result<()> {
        self.put_files(files)
            .with_context(|| format!("writing {}", self.folder.display()))
    }

    fn put_files(&self, files: &[(&str, Vec<u8>)]) -> Result<()> {
        fs::create_dir_all(&self.models)?;
        let staged = tempfile::Builder::new()
            .prefix(".export-")
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(&self.models)?;
        for (name, bytes) in files {
            let mut file = File::create_new(staged.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        for name in notices(&self.folder) {
            fs::copy(self.folder.join(&name), staged.path().join(&name))?;
        }
        File::open(staged.path())?.sync_all()?;
        self.swap(staged)?;
        // The renames must reach the disk, too; where folders cannot be synced they are in place all the same.
        if let Ok(models) = File::open(&self.models) {
            let _ = models.sync_all();
        }
        Ok(())
    }

    /// Exchanges the staged folder with the final one; the old one is removed.
    fn swap(&self, staged: TempDir) -> Result<()> {
        if !self.folder.exists() {
            fs::rename(staged.path(), &self.folder)?;
            let _gone = staged.keep();
            return Ok(());
        }
        match renameat_with(CWD, staged.path(), CWD, &self.folder, RenameFlags::EXCHANGE) {
            // What `staged` names now is the old model.
            Ok(()) => Ok(staged.close()?),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.swap_in_two_steps(staged),
            Err(other) => Err(other.into()),
        }
    }

    fn swap_in_two_steps(&self, staged: TempDir) -> Result<()> {
        let aside = tempfile::Builder::new()
            .prefix(".replaced-")
            .tempdir_in(&self.models)?;
        let old = aside.path().join("model");
        fs::rename(&self.folder, &old)?;
        if let Err(failed) = fs::rename(staged.path(), &self.folder) {
            fs::rename(&old, &self.folder)?;
            return Err(failed.into());
        }
        let _gone = staged.keep();
        Ok(aside.close()?)
    }
}

/// Licence notices that people put into a model's folder: they stay when the model is replaced.
fn notices(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| is_notice(name)).collect()
}

/// Refuses to replace a folder that holds anything but a model's files, and notices.
fn check_is_model(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let known = FILES.iter().any(|file| name == *file) || name.to_str().is_some_and(is_notice);
        if !known || !entry.file_type()?.is_file() {
            bail!(
                "{} holds {}, which is no part of a model; move it away or choose another --name",
                folder.display(),
                name.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Place;
    use std::{fs, path::Path};

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    fn files(content: &str, names: &[&'static str]) -> Vec<(&'static str, Vec<u8>)> {
        names
            .iter()
            .map(|&name| (name, content.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_model_is_replaced_as_a_whole() {
        let models = tempfile::tempdir().unwrap();
        let models = models.path().join("deep/models");
        let put = |content, names: &[&'static str]| {
            Place::check(&models, "a")
                .unwrap()
                .put(&files(content, names))
                .unwrap();
        };
        put("old", &["model.onnx", "model.onnx.minisig"]);
        put("new", &["model.onnx", "card.md"]);
        assert_eq!(names(&models.join("a")), ["card.md", "model.onnx"]);
        assert_eq!(fs::read(models.join("a/model.onnx")).unwrap(), b"new");
        assert_eq!(names(&models), ["a"]);
    }

    #[test]
    fn both_ways_of_replacing_leave_the_same() {
        let models = tempfile::tempdir().unwrap();
        let place = Place::check(models.path(), "a").unwrap();
        place
            .put(&files("old", &["model.onnx", "card.md"]))
            .unwrap();
        let staged = tempfile::tempdir_in(models.path()).unwrap();
        fs::write(staged.path().join("model.onnx"), "new").unwrap();
        place.swap_in_two_steps(staged).unwrap();
        assert_eq!(names(&models.path().join("a")), ["model.onnx"]);
        assert_eq!(names(models.path()), ["a"]);
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let models = tempfile::tempdir().unwrap();
        fs::create_dir(models.path().join("mine")).unwrap();
        fs::write(models.path().join("mine/diary.txt"), "x").unwrap();
        fs::write(models.path().join("file"), "x").unwrap();
        let refused = |name| format!("{:#}", Place::check(models.path(), name).unwrap_err());
        assert!(refused("mine").contains("diary.txt"));
        assert!(refused("file").contains("no folder"));
        for name in ["", "a/b", "..", ".a", "-a", "a b", "ü", &"a".repeat(65)] {
            assert!(refused(name).contains("--name"), "{name}");
        }
    }

    #[test]
    fn a_failure_leaves_the_old_model() {
        let models = tempfile::tempdir().unwrap();
        let place = Place::check(models.path(), "a").unwrap();
        place.put(&files("old", &["model.onnx"])).unwrap();
        // The second file cannot be made: its folder does not exist.
        assert!(
            place
                .put(&files("new", &["model.onnx", "missing/card.md"]))
                .is_err()
        );
        assert_eq!(
            fs::read(models.path().join("a/model.onnx")).unwrap(),
            b"old"
        );
        assert_eq!(names(models.path()), ["a"]);
    }
}
